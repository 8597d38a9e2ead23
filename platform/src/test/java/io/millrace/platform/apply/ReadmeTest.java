package io.millrace.platform.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.schemas.fixtures.Repository;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The files that the README shows can be applied and run as they stand there. */
class ReadmeTest {

  @Test
  void theTargetsAreValid() throws Exception {
    TargetsFile targets = TargetsFile.parse("targets.yaml", block("yaml"));

    assertThat(targets.targets())
        .extracting(target -> target.getTarget())
        .isEqualTo(List.of("tool:echo", "tool:search", "tool:report"));
  }

  @Test
  void thePlanIsValidAndCallsOnlyToolsThatTheReadmeDeclares() throws Exception {
    PlanFile plan = PlanFile.parse("plan.json", block("json"));

    assertThat(plan.calls()).hasSize(2).allMatch(call -> call.getTarget().endsWith("echo"));
  }

  @Test
  void everyTargetsFileInItCanBeApplied() throws Exception {
    List<String> files =
        Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Repository.ROOT.resolve("README.md")))
            .results()
            .map(block -> block.group(1))
            .toList();

    assertThat(files).hasSizeGreaterThan(1);
    for (String file : files) {
      assertThat(TargetsFile.parse("targets.yaml", file).targets()).isNotEmpty();
    }
  }

  private static String block(String language) throws Exception {
    String readme = Files.readString(Repository.ROOT.resolve("README.md"));
    Matcher block =
        Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(readme);
    assertThat(block.find()).as("the README has a block of %s", language).isTrue();
    return block.group(1);
  }
}
