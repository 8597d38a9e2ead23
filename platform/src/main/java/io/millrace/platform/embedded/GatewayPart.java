package io.millrace.platform.embedded;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.gateway.Gateway;
import io.millrace.gateway.GatewayConfig;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The HTTP door. */
public final class GatewayPart implements Part {
  private final MeterRegistry meters;
  private final int port;
  private final Map<String, String> settings;
  private volatile @Nullable Gateway gateway;

  /**
   * @param port to listen on; 0: any free one
   * @param settings further settings of the gateway
   */
  public GatewayPart(MeterRegistry meters, int port, Map<String, String> settings) {
    this.meters = meters;
    this.port = port;
    this.settings = settings;
  }

  @Override
  public String name() {
    return "gateway";
  }

  @Override
  public void start(Endpoints endpoints) {
    Map<String, String> all = new HashMap<>(settings);
    all.put(GatewayConfig.PORT, Integer.toString(port));
    all.put(GatewayConfig.BOOTSTRAP_SERVERS, endpoints.bootstrapServers());
    all.put(GatewayConfig.SCHEMA_REGISTRY_URL, endpoints.schemaRegistryUrl());
    gateway = Gateway.start(new GatewayConfig(all), meters);
  }

  @Override
  public String url() {
    Gateway running = gateway;
    return running == null ? "" : running.url();
  }

  @Override
  public boolean ready() {
    Gateway running = gateway;
    return running != null
        && running.ready().isDone()
        && !running.ready().isCompletedExceptionally();
  }

  @Override
  public void close() {
    Gateway running = gateway;
    if (running != null) {
      running.close();
    }
  }
}
