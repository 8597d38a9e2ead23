package io.millrace.platform.demo.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DuplicateBlocksTest {

  @Test
  void findsABlockWhateverItsLayoutAndComments(@TempDir Path root) throws IOException {
    String block = block(8);
    Trees.write(root, "A.java", "import a.B;\nclass A {\n" + block + "}\n");
    Trees.write(
        root,
        "B.java",
        "class B {\n// note\n" + block.replace("\n", " // x\n\n\t") + "end();\n}\n");
    ObjectNode result = new DuplicateBlocks().run(root, AnalysisOptions.DEFAULT);
    assertThat(result.path("summary").path("duplicate_blocks").asInt()).isEqualTo(1);
    JsonNode found = result.path("largest_blocks").get(0);
    assertThat(found.path("lines").asInt()).isEqualTo(8);
    assertThat(found.path("original").path("path").asText()).isEqualTo("A.java");
    assertThat(found.path("original").path("first_line").asInt()).isEqualTo(3);
    assertThat(found.path("original").path("last_line").asInt()).isEqualTo(10);
    assertThat(found.path("copy").path("first_line").asInt()).isEqualTo(3);
    assertThat(found.path("copy").path("last_line").asInt()).isEqualTo(17);
  }

  @Test
  void ignoresBlocksThatAreTooShortAndFilesThatAreNoPrograms(@TempDir Path root)
      throws IOException {
    Trees.write(root, "A.java", block(5) + "a();\n");
    Trees.write(root, "B.java", block(5) + "b();\n");
    Trees.write(root, "a.json", block(20));
    Trees.write(root, "b.json", block(20));
    ObjectNode result = new DuplicateBlocks().run(root, AnalysisOptions.DEFAULT);
    assertThat(result.path("summary").path("duplicate_blocks").asInt()).isZero();
  }

  @Property(tries = 200)
  void findsExactlyThePlantedBlockAmongUniqueLines(
      @ForAll long seed,
      @ForAll @IntRange(min = 6, max = 40) int length,
      @ForAll @IntRange(max = 60) int before,
      @ForAll @IntRange(max = 60) int between,
      @ForAll boolean sameFile) {
    Random random = new Random(seed);
    CloneFinder finder = new CloneFinder(6);
    int[] next = {0};
    finder.beginFile();
    unique(finder, before, next);
    int first = next[0] + 1;
    List<String> planted =
        IntStream.range(0, length).mapToObj(i -> "p" + i + random.nextInt()).toList();
    planted.forEach(line -> finder.addLine(line, ++next[0]));
    unique(finder, between, next);
    if (!sameFile) {
      finder.beginFile();
    }
    int second = next[0] + 1;
    planted.forEach(line -> finder.addLine(line, ++next[0]));
    unique(finder, 7, next);

    assertThat(finder.find())
        .containsExactly(
            new CloneFinder.Clone(
                length,
                new CloneFinder.Place(0, first, first + length - 1),
                new CloneFinder.Place(sameFile ? 0 : 1, second, second + length - 1)));
  }

  @Property(tries = 200)
  void reportsOnlyRunsThatAreEqualAndDoNotOverlap(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int alphabet) {
    Random random = new Random(seed);
    CloneFinder finder = new CloneFinder(3);
    int[] lines = new int[200];
    finder.beginFile();
    for (int i = 0; i < lines.length; i++) {
      lines[i] = random.nextInt(alphabet);
      finder.addLine("line " + lines[i], i + 1);
    }
    int covered = 0;
    for (CloneFinder.Clone clone : finder.find()) {
      int original = clone.original().firstLine() - 1;
      int copy = clone.copy().firstLine() - 1;
      assertThat(original + clone.lines()).isLessThanOrEqualTo(copy);
      assertThat(copy).isGreaterThanOrEqualTo(covered);
      covered = copy + clone.lines();
      for (int i = 0; i < clone.lines(); i++) {
        assertThat(lines[original + i]).isEqualTo(lines[copy + i]);
      }
    }
    assertThat(covered).isPositive();
  }

  private static void unique(CloneFinder finder, int count, int[] next) {
    for (int i = 0; i < count; i++) {
      next[0]++;
      finder.addLine("unique " + next[0], next[0]);
    }
  }

  private static String block(int lines) {
    return IntStream.range(0, lines)
        .mapToObj(i -> "  call" + i + "(\"text\", " + i + ");\n")
        .collect(Collectors.joining());
  }
}
