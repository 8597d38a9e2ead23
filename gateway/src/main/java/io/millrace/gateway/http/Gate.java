package io.millrace.gateway.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.gateway.GatewayConfig;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of every request: refuses what is not meant for this gateway, too much or too
 * slow, at once, and reads the body of what it lets in.
 */
public final class Gate implements Handler<RoutingContext> {
  private static final String BODY = "millrace.body";
  private static final Set<HttpMethod> BODILESS = Set.of(HttpMethod.GET, HttpMethod.HEAD);

  /** What watches the gateway must not be kept out by what it watches. */
  private static final Set<String> ALWAYS =
      Set.of(
          "/metrics",
          "/livez",
          "/readyz",
          "/v2/health/live",
          "/v2/health/ready",
          "/v1/health/live",
          "/v1/health/ready",
          "/inference.GRPCInferenceService/ServerLive",
          "/inference.GRPCInferenceService/ServerReady");

  /** Its clients keep their side open until they have been answered: it is not read whole. */
  private static final String UNREAD = "/inference.GRPCInferenceService/ModelStreamInfer";

  private final Names names;
  private final Room room;
  private final long requestTimeoutMillis;
  private final int bytesMax;
  private final BiConsumer<HttpServerRequest, Refusal> rejections;
  private final MeterRegistry metrics;
  private volatile boolean draining;

  /**
   * A gate.
   *
   * @param config limits
   * @param rejections gets what was refused for its size
   * @param metrics gets the gate's meters
   */
  public Gate(
      GatewayConfig config,
      BiConsumer<HttpServerRequest, Refusal> rejections,
      MeterRegistry metrics) {
    this.names = new Names(config.host(), config.names());
    this.room = new Room(config.requestsMax(), config.bodiesBytesMax());
    this.requestTimeoutMillis = config.requestTimeout().toMillis();
    this.bytesMax = config.requestBytesMax();
    this.rejections = rejections;
    this.metrics = metrics;
    Gauge.builder("millrace.gateway.requests.in.flight", room, Room::requests)
        .description("Requests that were let in and are not answered yet")
        .register(metrics);
  }

  /** The body of a request that was let in; empty where there was none. */
  public static Buffer body(RoutingContext routing) {
    Buffer body = routing.get(BODY);
    return body == null ? Buffer.buffer() : body;
  }

  /**
   * Counts bytes that a request takes besides its body, such as what was decoded from it.
   *
   * @throws Refusal if there is no room for them
   */
  public static void hold(RoutingContext routing, long bytes) {
    Place place = Place.of(routing);
    if (place != null && !place.hold(bytes)) {
      throw overloaded("bytes of requests in flight");
    }
  }

  /** Runs something, once, if the client goes away before it is answered. */
  public static void onGone(RoutingContext routing, Runnable action) {
    Place place = Place.of(routing);
    if (routing.response().closed()) {
      action.run();
    } else if (place != null) {
      place.onGone(action);
    }
  }

  /** Gives the request's place back, as what it has become is counted elsewhere. */
  public static void leave(RoutingContext routing) {
    Place place = Place.of(routing);
    if (place != null) {
      place.leave();
    }
  }

  /** From now on refuses what comes; the result is done when what was let in has ended. */
  public CompletableFuture<Void> drain() {
    draining = true;
    return room.drain();
  }

  @Override
  public void handle(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    Answers.timeout(routing, requestTimeoutMillis);
    long began = System.nanoTime();
    routing.addEndHandler(done -> timed(routing, began));
    Refusal foreign =
        names.judge(
            request.authority() == null
                ? request.getHeader(HttpHeaders.HOST)
                : request.authority().toString(),
            request.getHeader(HttpHeaders.ORIGIN));
    if (foreign != null) {
      refuse(routing, foreign);
    } else if (ALWAYS.contains(request.path())) {
      routing.next();
    } else if (draining) {
      refuse(routing, new Refusal(503, "STOPPING", "This gateway stops; ask another one."));
    } else if (!room.enter()) {
      refuse(routing, overloaded("requests in flight"));
    } else {
      Place place = new Place(room);
      place.bind(routing);
      if (BODILESS.contains(request.method()) || request.path().equals(UNREAD)) {
        routing.next();
      } else {
        read(routing, place);
      }
    }
  }

  /** Routes are few, and no part of a path that a client chose is among the tags. */
  private void timed(RoutingContext routing, long began) {
    Route route = routing.currentRoute();
    String path = route == null ? null : route.getPath();
    String grpc = Grpc.status(routing);
    Timer.builder("millrace.gateway.request")
        .description("From a request's headers to its answer")
        .tag("route", path == null ? "none" : path)
        .tag("status", grpc == null ? String.valueOf(routing.response().getStatusCode()) : grpc)
        .register(metrics)
        .record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
  }

  private void read(RoutingContext routing, Place place) {
    HttpServerRequest request = routing.request();
    long declared = declared(request);
    if (declared > bytesMax) {
      refuse(routing, tooLarge(request));
      return;
    }
    if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
      routing.response().writeContinue();
    }
    new BodyReader(routing, place).start();
  }

  /** Reads one body, for as long as it may take and as large as it may be. */
  private final class BodyReader {
    private final RoutingContext routing;
    private final Place place;
    private final Buffer body = Buffer.buffer();
    private boolean refused;
    private long timer;

    BodyReader(RoutingContext routing, Place place) {
      this.routing = routing;
      this.place = place;
    }

    void start() {
      timer = routing.vertx().setTimer(requestTimeoutMillis, late -> late());
      routing
          .request()
          .handler(this::take)
          .endHandler(
              end -> {
                routing.vertx().cancelTimer(timer);
                if (!refused) {
                  routing.put(BODY, body);
                  routing.next();
                }
              })
          .exceptionHandler(
              broken -> {
                routing.vertx().cancelTimer(timer);
                place.leave();
              });
    }

    private void take(Buffer chunk) {
      if (refused) {
        return;
      }
      if (body.length() + (long) chunk.length() > bytesMax) {
        end(tooLarge(routing.request()));
      } else if (!place.hold(chunk.length())) {
        end(overloaded("bytes of bodies in flight"));
      } else {
        body.appendBuffer(chunk);
      }
    }

    private void end(Refusal refusal) {
      refused = true;
      refuse(routing, refusal);
    }

    /** The rest of a refused body is read and forgotten until now, so that its answer arrives. */
    private void late() {
      if (!refused) {
        end(
            new Refusal(
                408,
                "REQUEST_SLOW",
                "The body did not come within " + requestTimeoutMillis + " ms."));
      }
      Answers.abort(routing);
    }
  }

  private static long declared(HttpServerRequest request) {
    @Nullable String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length.trim());
    } catch (NumberFormatException notANumber) {
      return 0;
    }
  }

  private Refusal tooLarge(HttpServerRequest request) {
    Refusal refusal =
        new Refusal(
            413,
            "BODY_TOO_LARGE",
            "The body is longer than %d bytes, the most that %s takes; send less at once, or raise"
                    .formatted(bytesMax, request.path())
                + " request.bytes.max.");
    rejections.accept(request, refusal);
    return refusal;
  }

  private static Refusal overloaded(String what) {
    return new Refusal(
        503, "OVERLOADED", "There are too many " + what + "; ask again later, or elsewhere.");
  }

  private void refuse(RoutingContext routing, Refusal refusal) {
    Counter.builder("millrace.gateway.refusals")
        .description("Requests that were refused before any route saw them")
        .tag("code", refusal.code())
        .register(metrics)
        .increment();
    Answers.failure(routing, refusal);
  }
}
