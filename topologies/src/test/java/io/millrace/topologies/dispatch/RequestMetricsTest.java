package io.millrace.topologies.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class RequestMetricsTest {
  @Test
  void whoDispatchesNothingLeavesTheGaugesToWhoDoes() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    RequestMetrics ledger = new RequestMetrics(meters);
    RequestMetrics operations = new RequestMetrics(meters);

    operations.observe("dispatch/0", 7, 11, 3_000);
    ledger.rejected();
    operations.rejected();

    assertThat(meters.get("millrace.calls.in.flight").gauge().value()).isEqualTo(7);
    assertThat(meters.get("millrace.cache.bytes").gauge().value()).isEqualTo(11);
    assertThat(meters.get("millrace.timer.lateness").gauge().value()).isEqualTo(3);
    assertThat(meters.get("millrace.rejections").counter().count()).isEqualTo(2);
  }
}
