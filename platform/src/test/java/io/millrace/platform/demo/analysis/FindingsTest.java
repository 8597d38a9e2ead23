package io.millrace.platform.demo.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindingsTest {

  // In two parts, so that this file itself holds no credential.
  private static final String AWS = "AKIA" + "Q7RZ2MVN5KXW8LTP";
  private static final String GITHUB = "ghp_" + "a8Kd03mZpQ7xWv29LrTn5BsYc1HfJ6uEgN4o";
  private static final String RANDOM = "9fK2" + "xQ7vLm3Zp8Rt1Wy6";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  @Test
  void censusCountsEachLanguage() throws IOException {
    Trees.write(root, "A.java", "// a\nclass A {\n\n}\n");
    Trees.write(root, "b.py", "x = 1\n");
    ObjectNode result = new SizeCensus().run(root, AnalysisOptions.DEFAULT);
    assertThat(result.path("summary").toString())
        .isEqualTo(
            "{\"languages\":2,\"files\":2,\"size_bytes\":24,\"lines\":5,\"code\":3,"
                + "\"comment\":1,\"blank\":1}");
    assertThat(result.path("languages").get(0).path("language").asText()).isEqualTo("Java");
    assertThat(result.path("largest_files").get(0).path("path").asText()).isEqualTo("A.java");
  }

  @Test
  void markersCountInCommentsAndNotInProseOrStrings() throws IOException {
    Trees.write(
        root,
        "A.java",
        """
        // TODO one
        /* x FIXME: two */
         * XXX
        // the TODO marks
        String s = "TODO: no";
        // METODO: no
        // see XXX-1
        /**
         * TODO(me) three
         */
        """);
    ObjectNode result = new WorkMarkers().run(root, AnalysisOptions.DEFAULT);
    assertThat(result.path("markers").findValuesAsText("line")).containsExactly("1", "2", "9");
    assertThat(result.path("markers").get(1).path("text").asText()).isEqualTo("FIXME: two */");
    assertThat(result.path("summary").path("TODO").asInt()).isEqualTo(2);
  }

  @Test
  void secretsAreFoundAndNeverShown() throws IOException {
    Trees.write(
        root,
        "config.py",
        "key = '"
            + AWS
            + "'\n# "
            + GITHUB
            + "\napi_token: \""
            + RANDOM
            + "\"\n"
            + "url = 'postgres://app:"
            + RANDOM
            + "@db/x'\n-----BEGIN RSA "
            + "PRIVATE KEY-----\n");
    ObjectNode result = new Secrets().run(root, AnalysisOptions.DEFAULT);
    assertThat(result.path("findings").findValuesAsText("line"))
        .containsExactly("1", "2", "3", "4", "5");
    assertThat(result.path("findings").get(0).path("redacted").asText())
        .isEqualTo("AKIA… (20 characters)");
    for (String secret : List.of(AWS, GITHUB, RANDOM)) {
      assertThat(result.toString()).doesNotContain(secret.substring(0, 8));
      assertThat(result.toString()).doesNotContain(secret.substring(8));
    }
  }

  @Test
  void placeholdersAndOrdinaryNamesAreNoSecrets() {
    List<SecretScanner.Secret> found = new ArrayList<>();
    new SecretScanner(found::add)
        .scan(
            "password = \"your-password-goes-here-1\"\ntoken = \"com.example.token.Factory2\"\n"
                + "secret = \"aaaaaaaaaaaaaaaa1\"\nname = \""
                + RANDOM
                + "\"\n"
                + "password = \"${DB_PASSWORD}\"\nhttp://user:password@host\nhttp://a/b:c@d\n"
                + "x"
                + AWS
                + "\n"
                + AWS
                + "Z\nsecretKeyAlgorithm = \"PBKDF2\"\n"
                + "if (line.equals(\"-----BEGIN PRIVATE KEY-----\")) {\n");
    assertThat(found).isEmpty();
  }

  @Test
  void licencesComeFromTheFirstCommentOnly() throws IOException {
    Trees.write(root, "A.java", "/* SPDX-License-Identifier: MIT OR Apache-2.0 */\nclass A {}");
    Trees.write(
        root,
        "b.py",
        "#!/usr/bin/python\n# Licensed under the Apache\n# License, Version 2.0\nx = 1\n");
    Trees.write(root, "C.java", "class C {}\n// Apache License\n");
    Trees.write(root, "d.go", "// Copyright 2026 Somebody\npackage d\n");
    Trees.write(root, "LICENSE", "MIT License\n\nPermission is hereby granted");
    ObjectNode result = new LicenceHeaders().run(root, AnalysisOptions.DEFAULT);
    assertThat(result.path("licences").findValuesAsText("licence"))
        .containsExactlyInAnyOrder("MIT OR Apache-2.0", "Apache-2.0", "none", "copyright only");
    assertThat(result.path("without_header").toString()).isEqualTo("[\"C.java\"]");
    assertThat(result.path("licence_files").get(0).path("licence").asText()).isEqualTo("MIT");
  }

  @Test
  void resultsStayBoundedOnATreeFullOfFindings() throws IOException {
    String folder = "d".repeat(200) + "/";
    for (int i = 0; i < 300; i++) {
      Trees.write(root, folder + i + ".java", "// TODO " + "x".repeat(900) + "\nclass A {}\n");
    }
    for (Analysis analysis : Analysis.all()) {
      String json = analysis.run(root, AnalysisOptions.DEFAULT.withTop(100)).toString();
      assertThat(json.length()).as(analysis.name()).isLessThan(256 << 10);
    }
  }
}
