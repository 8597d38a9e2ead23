package io.millrace.topologies.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.events.Alert;
import io.millrace.events.PoolLoad;
import io.millrace.events.ScalingDecision;
import io.millrace.events.ScalingPolicy;
import io.millrace.events.Severity;
import io.millrace.events.TargetSpec;
import io.millrace.events.WorkerStatus;
import io.millrace.schemas.fixtures.FakeRegistry;
import io.millrace.schemas.serde.AvroSafety;
import io.millrace.schemas.serde.EventDeserializer;
import io.millrace.schemas.serde.EventSerializer;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.millrace.topologies.Stores;
import io.millrace.topologies.Written;
import io.millrace.topologies.dispatch.RequestMetrics;
import io.millrace.topologies.scaling.logic.Forecaster;
import io.millrace.topologies.scaling.logic.Forecasts;
import io.millrace.topologies.scaling.logic.Headroom;
import io.millrace.topologies.scaling.logic.LastValue;
import io.millrace.topologies.scaling.logic.PoolScaler;
import io.millrace.topologies.scaling.logic.ScalingBoard;
import io.millrace.topologies.targets.TargetTable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The scaling task with a forecaster that fails: it is left out, said in alerts, and no more. */
class ScalingFaultsTest {
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final int ILL_FROM = 3;

  private final TargetTable targets = new TargetTable();
  private final WorkerTable workers = new WorkerTable();
  private FakeRegistry registry;
  private @Nullable TopologyTestDriver driver;
  private long done;

  @BeforeEach
  void start() throws IOException {
    AvroSafety.establish();
    registry = FakeRegistry.start();
    targets.put(
        "pool:gpu",
        TargetSpec.newBuilder()
            .setTarget("pool:gpu")
            .setScaling(ScalingPolicy.newBuilder().setSlots(4).build())
            .build());
  }

  @AfterEach
  void stop() {
    if (driver != null) {
      driver.close();
    }
    registry.close();
  }

  /** Foretells the last value, until it says something else or throws. */
  private static final class Ill implements Forecaster {
    private final @Nullable Double says;
    private int windows;

    Ill(@Nullable Double says) {
      this.says = says;
    }

    @Override
    public String name() {
      return "ill";
    }

    @Override
    public double next(long window, double rate) {
      if (++windows < ILL_FROM) {
        return rate;
      }
      if (says == null) {
        throw new IllegalStateException("lost its weights");
      }
      return says;
    }
  }

  private TopologyTestDriver drive(@Nullable Double says) {
    ScalingBoard board =
        new ScalingBoard(
            0,
            rules -> {
              int lead = rules.lead(WINDOW);
              return new PoolScaler(
                  rules,
                  WINDOW,
                  new Forecasts(lead, List.of(() -> new Ill(says), LastValue::new)),
                  new Headroom(lead, true));
            });
    Topology topology = new Topology();
    topology.addSource(
        "source",
        new StringDeserializer(),
        new ByteArrayDeserializer(),
        Topics.SCALING_DECISIONS.name());
    topology.addProcessor(
        ScalingTopology.SCALING,
        () ->
            new ScalingProcessor(
                targets, workers, board, new RequestMetrics(new SimpleMeterRegistry())),
        "source");
    topology.addStateStore(
        Stores.keyValue(
            ScalingTopology.DECIDED, new Written(registry.settings()).kept(ScalingDecision.class)),
        ScalingTopology.SCALING);
    topology.addStateStore(Stores.memory(ScalingTopology.LEARNT), ScalingTopology.SCALING);
    sink(topology, ScalingTopology.DECISIONS, "decisions");
    sink(topology, ScalingTopology.ALERTS, "alerts");
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "scaling");
    driver = new TopologyTestDriver(topology, properties);
    return driver;
  }

  private void sink(Topology topology, String name, String topic) {
    topology.addSink(
        name,
        topic,
        new StringSerializer(),
        EventSerializer.forValues(registry.settings()),
        ScalingTopology.SCALING);
  }

  private <T extends SpecificRecord> List<T> read(String topic, Topic<T> type) {
    return driver
        .createOutputTopic(
            topic,
            new StringDeserializer(),
            EventDeserializer.forValues(type.record(), registry.settings()))
        .readValuesToList();
  }

  private void seconds(int seconds) {
    for (int i = 0; i < seconds; i++) {
      done += 100;
      workers.put(
          "w",
          WorkerStatus.newBuilder()
              .setWorkerId("w")
              .setPools(
                  List.of(
                      new PoolLoad("gpu", 8, 4, done, done, 1.0 * done, 100.0 * done, 1e4 * done)))
              .build());
      driver.advanceWallClockTime(Duration.ofSeconds(1));
    }
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "throws",
      value = {
        "throws,lost its weights",
        "NaN,gave NaN",
        "Infinity,gave Infinity",
        "-Infinity,gave -Infinity",
        "-1,gave -1.0",
        "1e300,gave 1.0E300"
      })
  void aForecasterThatFailsIsLeftOutAndAnAlertSaysSo(@Nullable Double says, String why) {
    drive(says);
    seconds(200);

    assertThat(read("alerts", Topics.ALERTS))
        .filteredOn(alert -> alert.getType().equals("FORECASTER_BENCHED"))
        .singleElement()
        .satisfies(
            alert -> {
              assertThat(alert.getTarget()).isEqualTo("pool:gpu");
              assertThat(alert.getSeverity()).isEqualTo(Severity.WARNING);
              assertThat(alert.getMessage()).contains("pool gpu", "forecaster ill", why);
            });
    List<ScalingDecision> decisions = read("decisions", Topics.SCALING_DECISIONS);
    assertThat(decisions)
        .hasSizeGreaterThan(2)
        .allSatisfy(
            decision -> {
              assertThat(decision.getForecastPerS()).isBetween(90.0, 110.0);
              assertThat(decision.getReplicas()).isBetween(3, 12);
            });
    assertThat(decisions.get(decisions.size() - 1).getForecaster()).isEqualTo("last-value");
  }

  @Test
  void oneThatIsWellIsNoAlert() {
    drive(100.0);
    seconds(200);

    assertThat(read("alerts", Topics.ALERTS)).extracting(Alert::getType).containsOnly("SCALED_UP");
  }
}
