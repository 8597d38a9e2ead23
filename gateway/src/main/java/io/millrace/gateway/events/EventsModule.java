package io.millrace.gateway.events;

import io.micrometer.core.instrument.Gauge;
import io.millrace.gateway.GatewayContext;
import io.millrace.gateway.GatewayModule;
import io.millrace.gateway.http.Gate;
import io.millrace.gateway.http.Refusal;
import io.millrace.schemas.text.Spelling;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /v1/events?topics=a,b[&tenant=…]}: what is written to topics of the catalogue from now
 * on, as Server-Sent Events, or over a WebSocket if the request asks for one.
 *
 * <p>The header {@code Last-Event-ID}, or the parameter {@code last_event_id} where a client cannot
 * set headers, goes on after an event that was received before.
 */
public final class EventsModule implements GatewayModule {
  private static final Logger LOG = LoggerFactory.getLogger(EventsModule.class);
  private static final int TOPICS_MAX = 20;
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
  private final Semaphore room = new Semaphore(0);
  private int streamsMax;

  /** For the service loader. */
  public EventsModule() {}

  @Override
  public void routes(Router router, GatewayContext context) {
    streamsMax = context.config().streamsMax();
    room.release(streamsMax);
    Gauge.builder("millrace.gateway.streams", streams, Set::size)
        .description("Streams of live events")
        .register(context.metrics());
    router.get("/v1/events").handler(routing -> begin(routing, context));
  }

  private void begin(RoutingContext routing, GatewayContext context) {
    List<Topic<?>> topics = topics(routing.request().getParam("topics"));
    if (!room.tryAcquire()) {
      throw new Refusal(
          503, "OVERLOADED", "All streams of this gateway are taken; ask again later.");
    }
    if (routing.request().canUpgradeToWebSocket()) {
      routing
          .request()
          .toWebSocket()
          .onSuccess(
              socket -> {
                Gate.leave(routing);
                EventStream stream = start(routing, context, topics, new WebSocketEvents(socket));
                onClose(socket, stream);
              })
          .onFailure(
              failure -> {
                room.release();
                routing.fail(failure);
              });
    } else {
      EventStream stream = start(routing, context, topics, new ServerSentEvents(routing));
      routing.addEndHandler(gone -> stream.close());
    }
  }

  private static void onClose(ServerWebSocket socket, EventStream stream) {
    socket.closeHandler(closed -> stream.close());
    if (socket.isClosed()) {
      stream.close();
    }
  }

  private EventStream start(
      RoutingContext routing, GatewayContext context, List<Topic<?>> topics, Sink sink) {
    EventStream stream =
        new EventStream(
            context.config(),
            topics,
            routing.request().getParam("tenant"),
            lastEventId(routing),
            sink,
            context.vertx().getOrCreateContext());
    streams.add(stream);
    Thread thread =
        new Thread(
            () -> {
              try {
                stream.run();
              } finally {
                streams.remove(stream);
                room.release();
              }
            },
            "gateway-stream");
    thread.setDaemon(true);
    thread.start();
    return stream;
  }

  private static @Nullable String lastEventId(RoutingContext routing) {
    String header = routing.request().getHeader("Last-Event-ID");
    return header == null || header.isEmpty()
        ? routing.request().getParam("last_event_id")
        : header;
  }

  private static List<Topic<?>> topics(@Nullable String names) {
    List<String> wanted =
        names == null
            ? List.of()
            : Arrays.stream(names.split(",")).filter(name -> !name.isEmpty()).distinct().toList();
    if (wanted.isEmpty() || wanted.size() > TOPICS_MAX) {
      throw Refusal.wrong(
          "TOPICS_INVALID",
          "Name 1 to " + TOPICS_MAX + " topics, such as /v1/events?topics=tool.results,alerts");
    }
    List<Topic<?>> topics = new ArrayList<>();
    for (String name : wanted) {
      topics.add(
          Topics.find(name)
              .orElseThrow(
                  () ->
                      new Refusal(
                          404,
                          "TOPIC_UNKNOWN",
                          "There is no topic '"
                              + name
                              + "' in the catalogue"
                              + Spelling.hint(
                                  name, Topics.all().stream().map(Topic::name).toList()))));
    }
    return topics;
  }

  /** Readers are told to come again. */
  @Override
  public void drain() {
    streams.forEach(EventStream::close);
    try {
      if (!room.tryAcquire(streamsMax, FAREWELL.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("{} streams of events did not end in time", streams.size());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
