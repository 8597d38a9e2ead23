package io.millrace.platform.advice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.events.UsageWindow;
import io.millrace.schemas.serde.AvroSafety;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class UsageSumTest {
  private static final Instant NOON = Instant.parse("2026-01-02T12:30:00Z");
  private static final Duration DAY = Duration.ofDays(1);

  @BeforeAll
  static void avro() {
    AvroSafety.establish();
  }

  private static UsageWindow window(
      String tenant, String target, int part, String start, Duration length, long operations) {
    return UsageWindow.newBuilder()
        .setTenant(tenant)
        .setTarget(target)
        .setPart(part)
        .setWindowStartAt(Instant.parse(start))
        .setWindowMs(length.toMillis())
        .setOperations(operations)
        .setCostMicros(10 * operations)
        .build();
  }

  @Test
  void partsOfTheSameWindowAddUpAndOthersAreLeftOut() {
    String today = "2026-01-02T00:00:00Z";
    List<UsageWindow> windows =
        List.of(
            window("a", "t", 0, today, DAY, 1),
            window("a", "t", 1, today, DAY, 2),
            window("b", "t", 0, today, DAY, 4),
            window("a", "t", 0, "2026-01-01T00:00:00Z", DAY, 100),
            window("a", "t", 0, "2026-01-03T00:00:00Z", DAY, 100),
            window("a", "t", 0, "2026-01-02T12:00:00Z", Duration.ofHours(1), 100));

    assertThat(UsageSum.byTenant(windows, DAY, NOON))
        .extracting(UsageSum::tenant, UsageSum::operations)
        .containsExactly(tuple("b", 4L), tuple("a", 3L));
    assertThat(UsageSum.byTarget(windows, DAY, NOON).get("t").costMicros()).isEqualTo(70);
  }
}
