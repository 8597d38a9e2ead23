package io.millrace.topologies.ledger.logic;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Failure;
import io.millrace.events.InferenceResult;
import io.millrace.events.OperationKind;
import io.millrace.events.Outcome;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.ServedBy;
import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.events.ToolResult;
import io.millrace.events.Usage;
import io.millrace.events.UsageWindow;
import io.millrace.schemas.serde.AvroSafety;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AccountingTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:34:56Z");

  private final Tariffs tariffs = new Tariffs();
  private final Accounting accounting = new Accounting(tariffs);

  @BeforeEach
  void declare() {
    AvroSafety.establish();
    tariffs.put("tool:search", spec("tool:search", "default", 7));
    tariffs.put("model:m@1", spec("model:m@1", "gpu", 0));
    tariffs.put("pool:default", pool("pool:default", 360_000, 4));
    tariffs.put("pool:gpu", pool("pool:gpu", 3_600_000, 8));
  }

  private static TargetSpec spec(String target, String pool, long costMicros) {
    return TargetSpec.newBuilder()
        .setTarget(target)
        .setPool(pool)
        .setCostMicros(costMicros)
        .build();
  }

  private static TargetSpec pool(String target, long costMicrosPerHour, int slots) {
    return TargetSpec.newBuilder()
        .setTarget(target)
        .setScaling(
            ScalingPolicy.newBuilder()
                .setCostMicrosPerHour(costMicrosPerHour)
                .setSlots(slots)
                .build())
        .build();
  }

  private static ToolResult.Builder result() {
    return ToolResult.newBuilder()
        .setOperationId("op")
        .setTenant("acme")
        .setTarget("tool:search")
        .setOccurredAt(NOON)
        .setOutcome(Outcome.OK)
        .setServedBy(ServedBy.WORKER)
        .setAttempts(2)
        .setRunMs(4_000)
        .setInputBytes(11)
        .setOutput("{\"a\":1}");
  }

  private Usage usage(ToolResult.Builder result) {
    return accounting.usage(result.build(), "fallback", 5);
  }

  @Test
  void aToolCallCostsItsRunsAndItsPartOfTheReplicasTime() {
    Usage usage = usage(result());

    assertThat(usage.getOperationId()).isEqualTo("op");
    assertThat(usage.getKind()).isEqualTo(OperationKind.TOOL);
    assertThat(usage.getBytesIn()).isEqualTo(11);
    assertThat(usage.getBytesOut()).isEqualTo(7);
    assertThat(usage.getComputeMs()).isEqualTo(4_000);
    // Two runs of 7, and 4 s of one of 4 slots at 100 a second.
    assertThat(usage.getCostMicros()).isEqualTo(14 + 100);
  }

  @Test
  void aCostThatTheAnswerNamesStands() {
    assertThat(usage(result().setCostMicros(3)).getCostMicros()).isEqualTo(3);
  }

  @Test
  void whoIsAnsweredWithoutARunPaysNothing() {
    Usage usage = usage(result().setServedBy(ServedBy.CACHE).setAttempts(0));

    assertThat(usage.getCostMicros()).isZero();
    assertThat(usage.getComputeMs()).isZero();
  }

  @Test
  void whatAFallbackDidCostsWhatTheFallbackCosts() {
    tariffs.put("tool:cheap", spec("tool:cheap", "none", 1));

    assertThat(usage(result().setAnsweredBy("tool:cheap")).getCostMicros()).isEqualTo(2);
  }

  @Test
  void aRequestToAModelHasItsShareOfTheBatch() {
    Tensor output =
        Tensor.newBuilder()
            .setName("y")
            .setDatatype(TensorDatatype.FP32)
            .setShape(List.of(2L, 3L))
            .setData(ByteBuffer.allocate(24))
            .build();
    Usage usage =
        accounting.usage(
            InferenceResult.newBuilder()
                .setOperationId("op")
                .setTarget("model:m@1")
                .setModelVersion("1")
                .setOccurredAt(NOON)
                .setOutcome(Outcome.OK)
                .setServedBy(ServedBy.WORKER)
                .setOutputs(List.of(output))
                .setComputeMs(80)
                .setBatchSize(8)
                .setInputBytes(64)
                .build(),
            "fallback",
            5);

    assertThat(usage.getComputeMs()).isEqualTo(20);
    assertThat(usage.getCostMicros()).isEqualTo(20);
    assertThat(usage.getBytesOut()).isEqualTo(24);
    assertThat(usage.getBytesIn()).isEqualTo(64);
    assertThat(usage.getTargetVersion()).isEqualTo("1");
    assertThat(usage.getBatchSize()).isEqualTo(8);
  }

  @Test
  void aRunFromOutsideIsNamedByItsRecord() {
    assertThat(usage(result().setOperationId("").setId("own")).getOperationId()).isEqualTo("own");
    assertThat(usage(result().setOperationId("").setId("")).getOperationId()).isEqualTo("fallback");
    assertThat(usage(result().setOccurredAt(Instant.EPOCH)).getOccurredAt().toEpochMilli())
        .isEqualTo(5);
  }

  @Test
  void anAnswerThatAnIdIsTooOldIsAnEcho() {
    assertThat(Accounting.isEcho(Outcome.REFUSED, new Failure("ID_TOO_OLD", ""))).isTrue();
    assertThat(Accounting.isEcho(Outcome.REFUSED, new Failure("OVERLOADED", ""))).isFalse();
    assertThat(Accounting.isEcho(Outcome.OK, null)).isFalse();
  }

  @Property
  void aTimeLiesInTheWindowThatHoldsIt(@ForAll @LongRange(min = 0, max = 1L << 45) long at) {
    for (Duration length : Windows.LENGTHS) {
      long start = Windows.start(length, Instant.ofEpochMilli(at));
      assertThat(at - start).isBetween(0L, length.toMillis() - 1);
      assertThat(start % length.toMillis()).isZero();
    }
  }

  @Test
  void windowsAddUp() {
    Duration hour = Windows.LENGTHS.get(0);
    UsageWindow sum = Windows.add(null, hour, 3, usage(result()));
    sum = Windows.add(sum, hour, 3, usage(result().setServedBy(ServedBy.CACHE)));
    sum = Windows.add(sum, hour, 3, usage(result().setOutcome(Outcome.LOST)));

    assertThat(sum.getOperations()).isEqualTo(3);
    assertThat(sum.getOk()).isEqualTo(2);
    assertThat(sum.getSpared()).isEqualTo(1);
    assertThat(sum.getBytesIn()).isEqualTo(33);
    assertThat(sum.getCostMicros()).isEqualTo(2 * 114);
    assertThat(sum.getWindowStartAt()).isEqualTo(Instant.parse("2026-01-01T12:00:00Z"));
    assertThat(Windows.key(sum)).isEqualTo("2026-01-01T12:00:00Z/1h/acme/tool:search/3");
  }

  @Test
  void tenantsWithSlashesAreKeptApart() {
    Duration hour = Windows.LENGTHS.get(0);
    Usage one = usage(result());
    one.setTenant("acme/tool:search");
    one.setTarget("a");
    Usage other = usage(result());
    other.setTenant("acme");
    other.setTarget("tool:search/a");

    assertThat(Windows.name(hour, one)).isNotEqualTo(Windows.name(hour, other));
    assertThat(Windows.key(Windows.add(null, hour, 0, one)))
        .isNotEqualTo(Windows.key(Windows.add(null, hour, 0, other)));
  }
}
