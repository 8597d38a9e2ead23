package io.millrace.platform.embedded;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.topologies.OperationsApplication;
import io.millrace.topologies.OperationsConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The request path, plans and health; or the ledger, which runs in the same way. */
public final class OperationsPart implements Part {
  private static final Logger LOG = LoggerFactory.getLogger(OperationsPart.class);

  private final String name;
  private final BiFunction<OperationsConfig, MeterRegistry, OperationsApplication> maker;
  private final MeterRegistry meters;
  private final Map<String, String> settings;
  private final Runnable onFailure;
  private volatile @Nullable OperationsApplication application;
  private volatile @Nullable CompletableFuture<?> starting;

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
    this("operations", OperationsApplication::new, meters, settings, onFailure);
  }

  private OperationsPart(
      String name,
      BiFunction<OperationsConfig, MeterRegistry, OperationsApplication> maker,
      MeterRegistry meters,
      Map<String, String> settings,
      Runnable onFailure) {
    this.name = name;
    this.maker = maker;
    this.meters = meters;
    this.settings = settings;
    this.onFailure = onFailure;
  }

  /**
   * The ledger.
   *
   * @param settings further settings of the application
   * @param onFailure called, maybe more than once, when the application has failed for good
   */
  public static OperationsPart ledger(
      MeterRegistry meters, Map<String, String> settings, Runnable onFailure) {
    return new OperationsPart("ledger", OperationsApplication::ledger, meters, settings, onFailure);
  }

  @Override
  public String name() {
    return name;
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
    OperationsApplication started = maker.apply(new OperationsConfig(all), meters);
    application = started;
    started.onFailure(onFailure);
    // Until the global tables are filled: meanwhile the next parts start.
    starting =
        CompletableFuture.runAsync(started::start, run -> new Thread(run, name + "-start").start())
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    LOG.error("The application {} could not start", name, failure);
                    onFailure.run();
                  }
                });
  }

  @Override
  public boolean ready() {
    CompletableFuture<?> begun = starting;
    if (begun != null && begun.isCompletedExceptionally()) {
      throw new PlatformStartException(
          "The application '%s' could not start; its log lines say why.".formatted(name));
    }
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
