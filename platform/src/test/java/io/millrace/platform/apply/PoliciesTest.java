package io.millrace.platform.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.ScalingPolicy;
import io.millrace.events.TargetSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a targets file says of controls, fallbacks and scaling. */
class PoliciesTest {
  private static final String FULL =
      """
      targets:
        - name: search
          builtin: echo
          idempotent: true
          read_only: true
          speculate: true
          timeout: 2s
          cacheable: {ttl: 5m, stale_if_error: 1h, negative_ttl: 5s}
          controls:
            timeout: {floor: 20ms, quantile: 0.95, slack: 4}
            concurrency: {min: 2, max: 64}
            throttle: true
            hedge: {quantile: 0.9, budget: 0.1, floor: 5ms}
            retry_budget: {ratio: 0.1}
          fallback:
            - {tool: search-lite, arguments: {q: '${q}'}}
            - {tool: search-old}
        - {name: plain, builtin: echo, controls: {hedge: false}}
        - {name: unbounded, builtin: echo, idempotent: true, controls: {retry_budget: false}}
      pools:
        - name: default
          scaling: {min: 1, max: 9, to_zero: true, objective: 250ms, quantile: 0.99, start_up: 5s,
                    cool_down: 1m, slots: 16, cost_micros_per_hour: 1000}
      """;

  @Test
  void everyPolicyArrivesInTheSpec() throws Exception {
    TargetsFile file = TargetsFile.parse("t.yaml", FULL);
    TargetSpec search = file.targets().get(0);
    assertThat(search.getReadOnly()).isTrue();
    assertThat(search.getSpeculate()).isTrue();
    assertThat(search.getStaleIfErrorMs()).isEqualTo(3_600_000);
    assertThat(search.getNegativeTtlMs()).isEqualTo(5_000);
    assertThat(search.getAdaptiveTimeout().getFloorMs()).isEqualTo(20);
    assertThat(search.getAdaptiveTimeout().getQuantile()).isEqualTo(0.95);
    assertThat(search.getAdaptiveTimeout().getSlack()).isEqualTo(4);
    assertThat(search.getConcurrencyLimit().getMax()).isEqualTo(64);
    assertThat(search.getThrottle().getRatio()).isEqualTo(2);
    assertThat(search.getHedge().getBudget()).isEqualTo(0.1);
    assertThat(search.getFallbacks())
        .extracting(fallback -> fallback.getTarget() + " " + fallback.getArguments())
        .containsExactly("tool:search-lite {\"q\":\"${q}\"}", "tool:search-old null");
    TargetSpec plain = file.targets().get(1);
    assertThat(plain.getHedge()).isNull();
    assertThat(plain.getAdaptiveTimeout()).isNull();
    assertThat(search.getRetryBudget().getRatio()).isEqualTo(0.1);
    assertThat(plain.getRetryBudget().getRatio()).as("on by default").isNull();
    assertThat(file.targets().get(2).getRetryBudget()).isNull();
    ScalingPolicy scaling = file.pools().get(0).getScaling();
    assertThat(scaling.getReplicasMin()).isEqualTo(1);
    assertThat(scaling.getReplicasMax()).isEqualTo(9);
    assertThat(scaling.getToZero()).isTrue();
    assertThat(scaling.getObjectiveMs()).isEqualTo(250);
    assertThat(scaling.getStartUpMs()).isEqualTo(5_000);
    assertThat(scaling.getSlots()).isEqualTo(16);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "controls: {hedge: true} | t.yaml:4: targets[0].controls: only an idempotent",
        "cacheable: {ttl: 5m} | t.yaml:4: targets[0].cacheable: only what may run twice is kept",
        "speculate: true | t.yaml:4: targets[0].speculate: only what has no effect",
        "read_only: true | t.yaml:4: targets[0].read_only: what has no effect is idempotent",
        "controls: {timeout: {floor: 2m}} | t.yaml:4: targets[0].controls.timeout.floor: the floor",
        "controls: {concurrency: {min: 9, max: 3}} | t.yaml:4: targets[0].controls.concurrency.min",
        "controls: {throttle: {ratio: 1}} | t.yaml:4: targets[0].controls.throttle.ratio",
        "controls: {retry_budget: true} | t.yaml:4: targets[0].controls.retry_budget: only an idem",
        "controls: {retry_budget: {ratio: 2}} | t.yaml:4: targets[0].controls.retry_budget.ratio",
        "controls: {timeouts: true} | did you mean",
        "controls: {hedge: yes please} | t.yaml:4: targets[0].controls.hedge: expected keys and values",
        "fallback: [{tool: a}] | t.yaml:2: tool:a: its fallbacks lead back to itself",
        "fallback: [{arguments: {}}] | t.yaml:4: targets[0].fallback[0].tool: is missing",
      })
  void contradictionsAreRefusedWithTheirLine(String line, String message) {
    String text =
        """
        targets:
          - name: a
            builtin: echo
            %s
        """
            .formatted(line);
    refused(text, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "speculate: true | t.yaml:6: targets[0].speculate: what is run ahead is kept until it is",
        "controls: {hedge: {floor: 5m}} | t.yaml:6: targets[0].controls.hedge: its floor of 5m is",
        "in_flight: 2, controls: {concurrency: {min: 10}} | its min of 10 is more than the target's",
      })
  void whatCouldNeverActIsRefusedWithItsLine(String fields, String message) {
    String text =
        """
        targets:
          - {
              name: a, builtin: echo,
              idempotent: true, read_only: true,
              timeout: 30s,
              %s}
        """
            .formatted(fields);
    refused(text, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantile: 0.3 | t.yaml:3: pools[0].scaling.quantile: expected a number above 0.5",
        "start_up: 1d | t.yaml:3: pools[0].scaling.start_up",
        "min: 9, max: 3 | t.yaml:3: pools[0].scaling.min: is more than max",
        "min: 0 | t.yaml:3: pools[0].scaling.min: 0 replicas need to_zero",
      })
  void scalingThatCannotBeIsRefusedWithItsLine(String scaling, String message) {
    String text =
        """
        targets: []
        pools:
          - {name: a, scaling: {%s}}
        """
            .formatted(scaling);
    refused(text, message);
  }

  @Test
  void aBudgetForRetriesThatNothingNeedsIsRefusedWithItsLine() {
    String text =
        """
        targets:
          - name: a
            builtin: echo
            idempotent: true
            attempts: 1
            controls:
              throttle: true
              retry_budget: true
        """;
    assertThatThrownBy(() -> TargetsFile.parse("t.yaml", text))
        .hasMessageContaining(
            "t.yaml:8: targets[0].controls.retry_budget: with attempts: 1 nothing is tried again");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{min: 5, max: 3} | pools[0].scaling.min: is more than max",
        "{min: 0} | pools[0].scaling.min: 0 replicas need to_zero",
        "{quantile: 1} | pools[0].scaling.quantile: expected a number above 0",
        "{slots: 0} | pools[0].scaling.slots: expected a whole number",
      })
  void aScalingThatCannotBeIsRefused(String scaling, String message) {
    String text = "pools:\n  - {name: a, scaling: %s}\n".formatted(scaling);
    refused(text, message);
  }

  private static void refused(String text, String message) {
    assertThatThrownBy(() -> TargetsFile.parse("t.yaml", text))
        .isInstanceOf(InvalidDocumentException.class)
        .hasMessageContaining(message);
  }
}
