package io.millrace.platform.embedded;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.topologies.OperationsApplication;
import io.millrace.topologies.OperationsConfig;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The request path, plans and health. */
public final class OperationsPart implements Part {
  private final MeterRegistry meters;
  private final Map<String, String> settings;
  private final Runnable onFailure;
  private volatile @Nullable OperationsApplication application;

  /**
   * @param settings further settings of the application
   */
  public OperationsPart(MeterRegistry meters, Map<String, String> settings) {
    this(meters, settings, () -> {});
  }

  /**
   * @param settings further settings of the application
   * @param onFailure called, maybe more than once, when the application has failed for good
   */
  public OperationsPart(MeterRegistry meters, Map<String, String> settings, Runnable onFailure) {
    this.meters = meters;
    this.settings = settings;
    this.onFailure = onFailure;
  }

  @Override
  public String name() {
    return "operations";
  }

  @Override
  public void start(Endpoints endpoints) {
    Map<String, String> all = new HashMap<>();
    // There is one such process to a data directory. By its name the group knows it again, so that
    // a restart need not wait until the former process is given up.
    all.put(OperationsConfig.GROUP_INSTANCE_ID, "embedded");
    all.putAll(settings);
    all.put(OperationsConfig.BOOTSTRAP_SERVERS, endpoints.bootstrapServers());
    all.put(OperationsConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
    all.put(OperationsConfig.STATE_DIR, endpoints.data().resolve("state").toString());
    OperationsApplication started = new OperationsApplication(new OperationsConfig(all), meters);
    application = started;
    started.onFailure(onFailure);
    started.start();
  }

  @Override
  public boolean ready() {
    OperationsApplication running = application;
    return running != null && running.ready();
  }

  @Override
  public void close() {
    OperationsApplication running = application;
    if (running != null) {
      running.close();
    }
  }
}
