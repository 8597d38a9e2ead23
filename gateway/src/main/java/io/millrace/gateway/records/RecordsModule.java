package io.millrace.gateway.records;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.GatewayModule;
import io.millrace.gateway.http.Answers;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.JsonBody;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.GatewayLog;
import io.millrace.schemas.json.RecordJson;
import io.millrace.schemas.json.RecordJsonException;
import io.millrace.schemas.text.Spelling;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/topics/{topic}/records}: writes JSON as Avro records of a topic that clients
 * write.
 *
 * <p>{@code {"records": [{"key": …, "value": {…}}]}}; absent fields take their defaults, an absent
 * id is made, an absent key is the one that the catalogue asks for. All records are read before the
 * first is written.
 */
public final class RecordsModule implements GatewayModule {
  private static final int RECORDS_MAX = 1_000;

  private record Entry<T extends SpecificRecord>(@Nullable String key, String id, T record) {}

  /** For the service loader. */
  public RecordsModule() {}

  @Override
  public void routes(Router router, GatewayContext context) {
    router
        .post("/v1/topics/:topic/records")
        .handler(routing -> write(routing, context, topic(routing.pathParam("topic"))));
  }

  private static Topic<?> topic(String name) {
    Topic<?> topic =
        Topics.find(name)
            .orElseThrow(
                () ->
                    new Refusal(
                        404,
                        "TOPIC_UNKNOWN",
                        "There is no topic '" + name + "' in the catalogue" + hint(name)));
    if (!topic.clientsWrite()) {
      throw new Refusal(
          403,
          "TOPIC_NOT_FOR_CLIENTS",
          name + " is written by " + topic.writers() + " only" + hint(name));
    }
    return topic;
  }

  private static String hint(String name) {
    return Spelling.hint(
        name, Topics.all().stream().filter(Topic::clientsWrite).map(Topic::name).toList());
  }

  private static <T extends SpecificRecord> void write(
      RoutingContext routing, GatewayContext context, Topic<T> topic) {
    Buffer body = Gate.body(routing);
    context
        .vertx()
        .executeBlocking(() -> send(context.log(), topic, entries(context, topic, body)), false)
        .compose(Future::fromCompletionStage)
        .onSuccess(answer -> Answers.json(routing, 200, answer))
        .onFailure(routing::fail);
  }

  private static <T extends SpecificRecord> List<Entry<T>> entries(
      GatewayContext context, Topic<T> topic, Buffer body) {
    JsonNode records = JsonBody.read(body).path("records");
    if (!records.isArray() || records.isEmpty() || records.size() > RECORDS_MAX) {
      throw Refusal.wrong(
          "RECORDS_INVALID",
          "Expected {\"records\": [{\"value\": {…}}, …]} with 1 to " + RECORDS_MAX + " records.");
    }
    boolean hasId = SpecificData.get().getSchema(topic.record()).getField("id") != null;
    List<Entry<T>> entries = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      String at = "records[" + i + "]";
      JsonNode given = records.get(i);
      JsonNode key = given.path("key");
      if (!(given.path("value") instanceof ObjectNode value)
          || !(key.isMissingNode() || key.isNull() || key.isTextual())) {
        throw Refusal.wrong(
            "RECORDS_INVALID",
            at + ": expected {\"key\": \"…\", \"value\": {…}}, key as you like.");
      }
      if (hasId && !value.has("id")) {
        value.put("id", context.log().newId());
      }
      try {
        entries.add(
            new Entry<>(
                key.textValue(),
                value.path("id").asText(""),
                RecordJson.fromJson(value, topic.record())));
      } catch (RecordJsonException e) {
        throw Refusal.wrong("RECORDS_INVALID", at + ".value: " + String.join("; ", e.problems()));
      }
    }
    return entries;
  }

  private static <T extends SpecificRecord> CompletableFuture<JsonNode> send(
      GatewayLog log, Topic<T> topic, List<Entry<T>> entries) {
    List<CompletableFuture<RecordMetadata>> sent =
        entries.stream().map(entry -> log.write(topic, entry.key, entry.record)).toList();
    return CompletableFuture.allOf(sent.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            all -> {
              ObjectNode answer = JsonNodeFactory.instance.objectNode();
              ArrayNode records = answer.putArray("records");
              for (int i = 0; i < sent.size(); i++) {
                RecordMetadata metadata = sent.get(i).join();
                records
                    .addObject()
                    .put("id", entries.get(i).id)
                    .put("partition", metadata.partition())
                    .put("offset", metadata.offset());
              }
              return answer;
            });
  }
}
