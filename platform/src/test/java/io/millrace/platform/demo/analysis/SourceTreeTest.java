package io.millrace.platform.demo.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceTreeTest {

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path root;

  @Test
  void readsFilesInTheOrderOfTheirNamesAndSkipsWhatIsNoSource() throws IOException {
    Trees.write(root, "b.txt", "b");
    Trees.write(root, "a/z.txt", "z");
    Trees.write(root, "a/c.txt", "c");
    Trees.write(root, "node_modules/x.js", "x");
    Trees.write(root, ".git/config", "x");
    Trees.write(root, "target/x.java", "x");
    Trees.write(root, "nul.bin", "a\0b");
    Trees.write(root, "big.txt", "x".repeat((1 << 20) + 1));
    Files.createSymbolicLink(root.resolve("link.txt"), root.resolve("b.txt"));
    Files.createSymbolicLink(root.resolve("loop"), root);

    List<String> paths = new ArrayList<>();
    SourceTree tree = SourceTree.read(root, TreeLimits.DEFAULT, f -> paths.add(f.path()));

    assertThat(paths).containsExactly("a/c.txt", "a/z.txt", "b.txt");
    ObjectNode node = describe(tree);
    assertThat(node.path("skipped_binary").asInt()).isEqualTo(1);
    assertThat(node.path("skipped_oversized").asInt()).isEqualTo(1);
    assertThat(node.path("skipped_links").asInt()).isEqualTo(2);
    assertThat(node.path("truncated").asBoolean()).isFalse();
  }

  @Test
  void stopsAtEachLimitAndSaysSo() throws IOException {
    for (int i = 0; i < 5; i++) {
      Trees.write(root, "f" + i, "12345");
    }
    Trees.write(root, "z/z/z", "12345");
    assertThat(read(new TreeLimits(3, 100, 100, 100, 9))).isEqualTo("3 true");
    assertThat(read(new TreeLimits(100, 100, 10, 100, 9))).isEqualTo("2 true");
    assertThat(read(new TreeLimits(100, 100, 100, 100, 2))).isEqualTo("5 true");
    assertThat(read(new TreeLimits(100, 100, 100, 100, 3))).isEqualTo("6 false");
    assertThat(read(new TreeLimits(100, 100, 100, 6, 9))).endsWith(" true");
  }

  @Test
  void refusesARootThatIsNoDirectory() throws IOException {
    Trees.write(root, "file", "x");
    for (Analysis analysis : Analysis.all()) {
      assertThatThrownBy(() -> analysis.run(root.resolve("file"), AnalysisOptions.DEFAULT))
          .as(analysis.name())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is not a directory");
    }
  }

  @Test
  void everyAnalysisRepeatsItsResultAndTakesAnEmptyTree() throws IOException {
    for (Analysis analysis : Analysis.all()) {
      ObjectNode first = analysis.run(root, AnalysisOptions.DEFAULT);
      assertThat(analysis.run(root, AnalysisOptions.DEFAULT)).isEqualTo(first);
      assertThat(first.path("analysis").asText()).isEqualTo(analysis.name());
      assertThat(first.has("summary")).isTrue();
    }
    assertThat(Analysis.all()).extracting(Analysis::name).doesNotHaveDuplicates().hasSize(8);
  }

  @Test
  void refusesLimitsThatMakeNoSense() {
    assertThatThrownBy(() -> new TreeLimits(0, 1, 1, 1, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AnalysisOptions.DEFAULT.withTop(101))
        .hasMessageContaining("expected 1 to 100");
  }

  private String read(TreeLimits limits) throws IOException {
    SourceTree tree = SourceTree.read(root, limits, file -> {});
    return tree.files() + " " + describe(tree).path("truncated").asBoolean();
  }

  private static ObjectNode describe(SourceTree tree) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    tree.describe(node);
    return (ObjectNode) node.path("tree");
  }
}
