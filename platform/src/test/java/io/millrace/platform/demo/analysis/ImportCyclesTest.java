package io.millrace.platform.demo.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportCyclesTest {

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  @Test
  void findsACircleOfJavaPackages() throws IOException {
    Trees.write(root, "src/main/a/A.java", "package a;\nimport b.B;\nclass A {}");
    Trees.write(root, "src/main/b/B.java", "package b;\nimport static c.C.Inner.X;\nclass B {}");
    Trees.write(root, "src/main/c/C.java", "package c;\nimport a.*;\n// import d.D;\nclass C {}");
    Trees.write(
        root, "src/main/d/D.java", "package d;\nimport a.A;\nimport java.util.List;\nclass D {}");
    ObjectNode result = run();
    JsonNode packages = result.path("summary").path("java_packages");
    assertThat(packages.path("nodes").asInt()).isEqualTo(4);
    assertThat(packages.path("imports").asInt()).isEqualTo(4);
    assertThat(result.path("cycles")).hasSize(1);
    assertThat(result.path("cycles").get(0).path("example").toString())
        .isEqualTo("[\"a\",\"b\",\"c\"]");
  }

  @Test
  void countsNoCircleThatOnlyTestsClose() throws IOException {
    Trees.write(root, "src/main/java/a/A.java", "package a;\nimport b.B;\nclass A {}");
    Trees.write(root, "src/main/java/b/B.java", "package b;\nclass B {}");
    Trees.write(root, "src/test/java/b/BTest.java", "package b;\nimport a.A;\nclass BTest {}");
    assertThat(run().path("cycles")).isEmpty();
  }

  @Test
  void findsACircleOfScriptsThroughIndexFilesAndRequires() throws IOException {
    Trees.write(root, "a.ts", "import { b } from './lib';\nimport type { T } from './t';");
    Trees.write(root, "lib/index.ts", "export * from '../c.js';");
    Trees.write(root, "c.ts", "const a = require('./a'); // require('./t')\nimport 'x';");
    Trees.write(root, "t.ts", "import { a } from './a';\nconst s = \"from './c'\";");
    ObjectNode result = run();
    assertThat(result.path("cycles")).hasSize(1);
    assertThat(result.path("cycles").get(0).path("members").toString())
        .isEqualTo("[\"a.ts\",\"c.ts\",\"lib/index.ts\"]");
  }

  @Test
  void findsACircleOfPythonModulesByRelativeAndAbsoluteNames() throws IOException {
    Trees.write(root, "src/p/__init__.py", "");
    Trees.write(root, "src/p/a.py", "from . import (b,\n  os)\nimport sys");
    Trees.write(root, "src/p/b.py", "from p.sub.c import x as y");
    Trees.write(root, "src/p/sub/__init__.py", "");
    Trees.write(root, "src/p/sub/c.py", "from ..a import z");
    Trees.write(root, "src/p/d.py", "import p.a\ndef f():\n    from p import e");
    Trees.write(root, "src/p/e.py", "import p.d");
    ObjectNode result = run();
    assertThat(result.path("cycles")).hasSize(1);
    assertThat(result.path("cycles").get(0).path("members").toString())
        .isEqualTo("[\"src/p/a.py\",\"src/p/b.py\",\"src/p/sub/c.py\"]");
  }

  private ObjectNode run() throws IOException {
    return new ImportCycles().run(root, AnalysisOptions.DEFAULT);
  }
}
