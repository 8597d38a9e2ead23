package io.millrace.topologies.targets;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.AdaptiveTimeout;
import io.millrace.events.Hedge;
import io.millrace.events.RetryBudget;
import io.millrace.events.TargetSpec;
import io.millrace.events.Throttle;
import io.millrace.schemas.serde.AvroSafety;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TargetTableTest {
  static {
    AvroSafety.establish();
  }

  private final TargetTable targets = new TargetTable();

  private static TargetSpec.Builder search() {
    return TargetSpec.newBuilder().setTarget("tool:search").setName("search");
  }

  static Stream<TargetSpec> absurd() {
    return Stream.of(
        search().setAdaptiveTimeout(timeout(1.5, 2)).build(),
        search().setAdaptiveTimeout(timeout(-0.1, 2)).build(),
        search().setAdaptiveTimeout(timeout(0.9, Double.NaN)).build(),
        search().setHedge(hedge(2, 0.1)).build(),
        search().setHedge(hedge(0.9, Double.POSITIVE_INFINITY)).build(),
        search().setThrottle(Throttle.newBuilder().setRatio(Double.NaN).build()).build(),
        search().setRetryBudget(RetryBudget.newBuilder().setRatio(-1.0).build()).build(),
        search().setArgumentsSchema("{\"$ref\": \"http://127.0.0.1/remote\"}").build());
  }

  private static AdaptiveTimeout timeout(double quantile, double slack) {
    return AdaptiveTimeout.newBuilder().setQuantile(quantile).setSlack(slack).build();
  }

  private static Hedge hedge(double quantile, double budget) {
    return Hedge.newBuilder().setQuantile(quantile).setBudget(budget).build();
  }

  @ParameterizedTest
  @MethodSource("absurd")
  void aDeclarationThatCannotBeWorkedWithLeavesTheFormerOne(TargetSpec absurd) {
    targets.put("tool:search", search().setVersion("7").build());

    targets.put("tool:search", absurd);

    assertThat(targets.target("tool:search").spec().getVersion()).isEqualTo("7");
  }
}
