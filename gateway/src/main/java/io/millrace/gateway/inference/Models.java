package io.millrace.gateway.inference;

import io.millrace.events.TargetSpec;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.TargetTable;
import io.vertx.ext.web.RoutingContext;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the model that a request names. */
final class Models {
  private final TargetTable targets;
  private final InstantSource clock;

  Models(TargetTable targets, InstantSource clock) {
    this.targets = targets;
    this.clock = clock;
  }

  /** {@link #require(String, String)} of the model that a path names. */
  TargetSpec require(RoutingContext routing) {
    return require(String.valueOf(routing.pathParam("model")), version(routing));
  }

  /**
   * The model that is asked for.
   *
   * @param version null: the newest that is ready; while none is, the newest that is not unloaded
   * @throws Refusal if there is none
   */
  TargetSpec require(String name, @Nullable String version) {
    List<TargetSpec> versions = targets.versions(name);
    if (versions.isEmpty()) {
      throw new Refusal(
          404, "MODEL_UNKNOWN", "Request for unknown model: '" + shown(name) + "' is not found");
    }
    if (version == null) {
      return versions.stream()
          .min(
              Comparator.comparing((TargetSpec model) -> !targets.ready(model, clock.instant()))
                  .thenComparing(TargetSpec::getUnloaded))
          .orElseThrow();
    }
    return versions.stream()
        .filter(model -> model.getVersion().equals(version))
        .findFirst()
        .orElseThrow(
            () ->
                new Refusal(
                    404,
                    "VERSION_UNKNOWN",
                    "Request for unknown model: '%s' version %s is not found; there are %s"
                        .formatted(
                            shown(name),
                            shown(version),
                            versions.stream().map(TargetSpec::getVersion).toList())));
  }

  /**
   * The versions that are asked for.
   *
   * @param version null: all
   * @throws Refusal if there is none
   */
  List<TargetSpec> all(String name, @Nullable String version) {
    TargetSpec one = require(name, version);
    return version == null ? targets.versions(name) : List.of(one);
  }

  /** {@link #callable(String, String)} of the model that a path names. */
  TargetSpec callable(RoutingContext routing) {
    return callable(String.valueOf(routing.pathParam("model")), version(routing));
  }

  /**
   * As {@link #require(String, String)}, of a model that is to be run.
   *
   * @throws Refusal also if it is unloaded
   */
  TargetSpec callable(String name, @Nullable String version) {
    TargetSpec model = require(name, version);
    if (model.getUnloaded()) {
      throw new Refusal(
          503,
          "MODEL_UNLOADED",
          "Request for unknown model: '%s' has no available versions: it is unloaded; load it with POST /v2/repository/models/%s/load"
              .formatted(name, name));
    }
    return model;
  }

  private static String shown(String name) {
    return JsonFields.shown(name);
  }

  /** The version that the path names; null: none. */
  static @Nullable String version(RoutingContext routing) {
    return routing.pathParam("version");
  }
}
