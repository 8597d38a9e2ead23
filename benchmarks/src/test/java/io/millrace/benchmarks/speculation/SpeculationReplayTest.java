package io.millrace.benchmarks.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.platform.cli.CommandException;
import io.millrace.topologies.speculation.logic.SpeculationPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpeculationReplayTest {

  private static SpeculationReplay.Result replay(List<Trajectory> trajectories, String... reads) {
    Set<String> readOnly = Set.of(reads);
    return new SpeculationReplay(
            new SpeculationReplay.Settings(
                Path.of("none"), readOnly::contains, 1, SpeculationPolicy.defaults()),
            line -> {})
        .run(trajectories);
  }

  /** A person gives an id, the agent looks up the user, the user's order, and pays. */
  private static List<Trajectory> visits(int tasks) {
    List<Trajectory> trajectories = new ArrayList<>();
    for (int i = 0; i < tasks; i++) {
      String text =
          """
          [{"task_id": %1$d, "traj": [
            {"role": "user", "content": "I am anna_%1$d"},
            {"role": "assistant", "tool_calls": [{"id": "c", "function":
              {"name": "get_user", "arguments": "{\\"id\\":\\"anna_%1$d\\"}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "{\\"order\\": \\"O-%1$d\\"}"},
            {"role": "assistant", "tool_calls": [{"id": "c", "function":
              {"name": "get_order", "arguments": "{\\"order\\": \\"O-%1$d\\"}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "{\\"price\\": %1$d}"},
            {"role": "assistant", "tool_calls": [{"id": "c", "function":
              {"name": "pay", "arguments": "{\\"order\\": \\"O-%1$d\\"}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "paid"}]}]
          """
              .formatted(i);
      trajectories.addAll(parsed(text));
    }
    return trajectories;
  }

  private static List<Trajectory> parsed(String text) {
    try {
      return Trajectory.parse(text, "test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void habitsOfOtherTasksHideTheWait() {
    SpeculationReplay.Result result = replay(visits(12), "get_user", "get_order");
    assertThat(result.reads()).isEqualTo(24);
    assertThat(result.readWaitHiddenPct()).isEqualTo(100);
    assertThat(result.wastedPct()).isZero();
    assertThat(result.speculativeWrites()).isZero();
  }

  @Test
  void aTaskLearnsNothingFromItself() {
    List<Trajectory> one =
        visits(12).stream().map(trajectory -> new Trajectory("same", trajectory.events())).toList();
    SpeculationReplay.Result result = replay(one, "get_user", "get_order");
    assertThat(result.speculativeCalls()).isZero();
    assertThat(result.readWaitHiddenPct()).isZero();
  }

  @Test
  void whatIsNotDeclaredReadOnlyIsNeitherHiddenNorMadeAhead() {
    SpeculationReplay.Result result = replay(visits(12), "get_order");
    assertThat(result.tools()).containsOnlyKeys("get_order");
    assertThat(result.speculativeWrites()).isZero();
  }

  @Test
  void conversationsWithoutAReadAreRefused() {
    assertThatThrownBy(() -> replay(visits(2), "no_such_tool"))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("--read-only");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[{\"task_id\":1}]|line 1, element 0: expected 'task_id'",
        "[{\"task_id\":null,\"traj\":[]}]|element 0: expected 'task_id'",
        "[¶{\"task_id\":1,\"traj\":[]},¶7]|line 3, element 1: expected 'task_id'",
        "[{\"task_id\":1,\"traj\":[¶{\"role\":|line 2: it is not JSON",
        "nothing|line 1: it is not JSON",
        "~~|line 1, element 0: expected a JSON array",
        "{}|line 1, element 0: expected a JSON array",
        "[]|line 1: the array holds none",
        "[{\"task_id\":1,\"traj\":[]}]¶x|line 2: it is not JSON",
        "[{\"task_id\":1,\"traj\":[]}]¶[]|line 1, element 1: expected nothing after",
        "[{\"task_id\":1,\"traj\":[{}]}]|message 0: expected a text 'role'",
        "[{\"task_id\":1,\"traj\":[3]}]|message 0: expected a text 'role'",
        "[{\"task_id\":1,\"traj\":[{\"role\":\"user\"}]}]|message 0: expected a text 'content'",
        "[{\"task_id\":1,\"traj\":[{\"role\":\"tool\"}]}]|expected a text 'tool_call_id'",
        "[{\"task_id\":1,\"traj\":[{\"role\":\"tool\",\"tool_call_id\":\"x\"}]}]|answers no call: 'x'",
        "[{\"task_id\":1,\"traj\":[{\"role\":\"assistant\",\"tool_calls\":{}}]}]|a list 'tool_calls'",
        "[{\"task_id\":1,\"traj\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]}]|a text 'name'"
      })
  void whatIsNoTrajectoryIsSaidWithItsPlace(String text, String said) {
    assertThatThrownBy(() -> Trajectory.parse(text.replace('¶', '\n'), "f"))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("--trajectories: f, ")
        .hasMessageContaining(said);
  }

  @Test
  void argumentsThatCannotBeReadAreSaidWithTheirMessage() {
    String text =
        """
        [{"task_id": 1, "traj": [
          {"role": "assistant", "tool_calls": [{"id": "c", "function":
            {"name": "get_user", "arguments": "[1"}}]},
          {"role": "tool", "tool_call_id": "c", "content": "{}"}]}]
        """;
    assertThatThrownBy(() -> Trajectory.parse(text, "f"))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("line 1, element 0: message 1 answers a call whose 'arguments'");
  }
}
