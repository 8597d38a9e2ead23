package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Takes a census of the licence headers of source files and names the files without one. */
final class LicenceHeaders implements Analysis {

  private static final String NONE = "none";

  @Override
  public String name() {
    return "licence-headers";
  }

  @Override
  public String description() {
    return "Counts source files by the licence in their first comment and lists those without one.";
  }

  @Override
  public ObjectNode run(Path root, AnalysisOptions options) throws IOException {
    Map<String, Integer> licences = new TreeMap<>();
    List<String> lacking = new ArrayList<>();
    Map<String, String> licenceFiles = new TreeMap<>();
    int[] sources = new int[2];
    SourceTree tree =
        SourceTree.read(
            root,
            options.limits(),
            file -> {
              if (isLicenceFile(file.path())) {
                licenceFiles.put(file.path(), Licences.inText(file.text(), "unknown"));
              }
              if (!file.language().programming() || file.text().isBlank()) {
                return;
              }
              sources[0]++;
              LeadingComment leading = LeadingComment.of(file);
              String spdx = Licences.spdx(leading.text());
              if (spdx != null) {
                sources[1]++;
              }
              String licence = spdx != null ? spdx : Licences.inText(leading.text(), NONE);
              licences.merge(licence, 1, Integer::sum);
              if (licence.equals(NONE)) {
                lacking.add(file.path());
              }
            });
    ObjectNode result = Report.of(this);
    result
        .putObject("summary")
        .put("source_files", sources[0])
        .put("with_header", sources[0] - lacking.size())
        .put("with_spdx", sources[1])
        .put("without_header", lacking.size())
        .put("without_header_percent", Report.percent(lacking.size(), sources[0]));
    ArrayNode census = result.putArray("licences");
    licences.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
        .limit(options.top())
        .forEach(
            e ->
                census
                    .addObject()
                    .put("licence", Report.text(e.getKey()))
                    .put("files", e.getValue()));
    ArrayNode files = result.putArray("licence_files");
    licenceFiles.entrySet().stream()
        .limit(options.top())
        .forEach(
            e ->
                files
                    .addObject()
                    .put("path", Report.text(e.getKey()))
                    .put("licence", Report.text(e.getValue())));
    ArrayNode without = result.putArray("without_header");
    lacking.stream().limit(options.top()).forEach(p -> without.add(Report.text(p)));
    tree.describe(result);
    return result;
  }

  private static boolean isLicenceFile(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1).toUpperCase(Locale.ROOT);
    int dot = name.indexOf('.');
    String stem = dot < 0 ? name : name.substring(0, dot);
    String ending = dot < 0 ? "" : name.substring(dot);
    return (stem.equals("LICENSE") || stem.equals("LICENCE") || stem.equals("COPYING"))
        && (ending.isEmpty() || ending.equals(".TXT") || ending.equals(".MD"));
  }

  /** The comments of a file before its first code, on one line, single-spaced. */
  private record LeadingComment(String text) {

    private static final int MAX_CHARACTERS = 8192;

    static LeadingComment of(SourceFile file) {
      String head = file.text().substring(0, Math.min(file.text().length(), MAX_CHARACTERS));
      LexedSource lexed = Lexer.lex(head, file.language().rules());
      StringBuilder out = new StringBuilder();
      int i = startOfComments(head);
      boolean blank = true;
      for (; i < head.length(); i++) {
        char c = head.charAt(i);
        if (Character.isWhitespace(c) || (blank && "*/#-!;".indexOf(c) >= 0)) {
          blank = true;
          continue;
        }
        if (lexed.kind(i) != LexedSource.COMMENT) {
          break;
        }
        if (blank && out.length() > 0) {
          out.append(' ');
        }
        blank = false;
        out.append(c);
      }
      return new LeadingComment(out.toString());
    }

    /** Behind a shebang or the opening tag of a PHP file, which are not comments. */
    private static int startOfComments(String head) {
      if (head.startsWith("#!") || head.startsWith("<?php")) {
        int end = head.indexOf('\n');
        return end < 0 ? head.length() : end;
      }
      return 0;
    }
  }

  /** Recognises licences by the identifiers and phrases that their texts prescribe. */
  private static final class Licences {

    private static final String SPDX = "SPDX-License-Identifier:";

    static @Nullable String spdx(String text) {
      int at = text.indexOf(SPDX);
      if (at < 0) {
        return null;
      }
      String rest = text.substring(at + SPDX.length()).stripLeading();
      StringBuilder expression = new StringBuilder();
      boolean operator = false;
      for (String word : rest.split(" ", 8)) {
        boolean isOperator = word.equals("OR") || word.equals("AND") || word.equals("WITH");
        if (!expression.isEmpty() && !isOperator && !operator) {
          break;
        }
        expression.append(expression.isEmpty() ? "" : " ").append(word);
        operator = isOperator;
      }
      return expression.isEmpty() ? null : expression.toString();
    }

    static String inText(String raw, String otherwise) {
      String text = String.join(" ", raw.strip().split("\\s+")).toLowerCase(Locale.ROOT);
      if (text.contains("apache license") || text.contains("apache.org/licenses/license-2.0")) {
        return "Apache-2.0";
      }
      if (text.contains("permission is hereby granted, free of charge")
          || text.contains("mit license")) {
        return "MIT";
      }
      if (text.contains("affero general public license")) {
        return "AGPL";
      }
      if (text.contains("lesser general public license")) {
        return "LGPL";
      }
      if (text.contains("gnu general public license")) {
        return "GPL";
      }
      if (text.contains("mozilla public license")) {
        return "MPL";
      }
      if (text.contains("eclipse public license")) {
        return "EPL";
      }
      if (text.contains("redistribution and use in source and binary forms")
          || text.contains("bsd-style license")
          || text.contains("bsd license")) {
        return "BSD";
      }
      return text.contains("copyright") ? "copyright only" : otherwise;
    }
  }
}
