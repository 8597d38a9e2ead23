package io.millrace.gateway.inference;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.events.TargetSpec;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The statistics of every version of a model that was asked for; only declared ones are. */
final class StatisticsTable {
  private final MeterRegistry metrics;
  private final Map<List<String>, ModelStatistics> models = new ConcurrentHashMap<>();

  StatisticsTable(MeterRegistry metrics) {
    this.metrics = metrics;
  }

  /** Those of one version. */
  ModelStatistics of(String model, String version) {
    return models.computeIfAbsent(
        List.of(model, version),
        names -> {
          ModelStatistics statistics = new ModelStatistics(model, version);
          statistics.register(metrics);
          return statistics;
        });
  }

  /** Those of these models, as the protocol shows them. */
  ObjectNode json(List<TargetSpec> shown) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode stats = json.putArray("model_stats");
    shown.forEach(model -> stats.add(of(model.getName(), model.getVersion()).json()));
    return json;
  }
}
