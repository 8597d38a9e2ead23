package io.millrace.benchmarks.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.platform.cli.CommandException;
import io.millrace.topologies.speculation.logic.SpeculationPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

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
      trajectories.addAll(Trajectory.parse(text, "test"));
    }
    return trajectories;
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
  void whatIsNoTrajectoryIsSaidWithItsPlace() {
    assertThatThrownBy(() -> Trajectory.parse("[{\"task_id\":1}]", "f"))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("f, element 0");
    assertThatThrownBy(
            () ->
                Trajectory.parse(
                    "[{\"task_id\":1,\"traj\":[{\"role\":\"tool\",\"tool_call_id\":\"x\"}]}]", "f"))
        .hasMessageContaining("answers no call: 'x'");
    assertThatThrownBy(() -> Trajectory.parse("nothing", "f")).hasMessageContaining("not JSON");
    assertThatThrownBy(() -> Trajectory.parse("[]", "f")).hasMessageContaining("holds none");
  }
}
