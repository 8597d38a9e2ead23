package io.millrace.platform.demo;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.platform.embedded.GatewayPart;
import io.millrace.platform.embedded.ModelsPart;
import io.millrace.platform.embedded.Part;
import io.millrace.platform.embedded.SchemasPart;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Models: one is made here and served, by Kafka and by HTTP, under growing load, cached, tried and
 * stood in for.
 */
final class ModelArea implements Area {
  private static final long SEED = 20_260_115;
  private static final String REPOSITORY = "models";
  private static final Duration LOAD_MIN = Duration.ofSeconds(1);
  private static final Duration LOAD_MAX = Duration.ofSeconds(3);
  private static final int LOAD_SHARE = 10;

  private @Nullable GatewayPart gateway;

  @Override
  public String name() {
    return "models";
  }

  @Override
  public List<Part> parts(MeterRegistry meters, Path run) {
    GatewayPart door = new GatewayPart(meters, 0, Map.of());
    gateway = door;
    return List.of(
        new SchemasPart(), new ModelsPart(meters, run.resolve(REPOSITORY), Map.of()), door);
  }

  @Override
  public List<Step> steps(Stage stage) {
    DemoModel model = new DemoModel(SEED, false);
    ModelDoor door = new ModelDoor(url());
    ModelClient client = stage.resources().keep(new ModelClient(stage.endpoints()));
    Duration load = stage.options().timed().dividedBy(LOAD_SHARE);
    load = load.compareTo(LOAD_MIN) < 0 ? LOAD_MIN : load;
    load = load.compareTo(LOAD_MAX) > 0 ? LOAD_MAX : load;
    DemoModel ill = new DemoModel(SEED + 1, true);
    return List.of(
        new ServeStep(model, stage.run().resolve(REPOSITORY), client, door),
        new ModelLoadStep(client, load),
        new ModelCacheStep(client),
        new ModelCanaryStep(model, ill, stage.run().resolve(REPOSITORY), client, door),
        new ModelFallbackStep(model, ill, stage.run().resolve("declared"), client, door));
  }

  private String url() {
    GatewayPart running = gateway;
    return running == null ? "" : running.url();
  }
}
