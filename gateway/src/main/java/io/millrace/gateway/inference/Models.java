package io.millrace.gateway.inference;

import io.millrace.events.TargetSpec;
import io.millrace.gateway.http.Refusal;
import io.millrace.gateway.log.TargetTable;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the model that a request's path names. */
final class Models {
  private final TargetTable targets;

  Models(TargetTable targets) {
    this.targets = targets;
  }

  /**
   * The model that is asked for; without a version in the path the newest.
   *
   * @throws Refusal if there is none
   */
  TargetSpec require(RoutingContext routing) {
    String name = String.valueOf(routing.pathParam("model"));
    String version = version(routing);
    List<TargetSpec> versions = targets.versions(name);
    if (versions.isEmpty()) {
      throw new Refusal(
          404, "MODEL_UNKNOWN", "Request for unknown model: '" + name + "' is not found");
    }
    return versions.stream()
        .filter(model -> version == null || model.getVersion().equals(version))
        .findFirst()
        .orElseThrow(
            () ->
                new Refusal(
                    404,
                    "VERSION_UNKNOWN",
                    "Request for unknown model: '%s' version %s is not found; there are %s"
                        .formatted(
                            name,
                            version,
                            versions.stream().map(TargetSpec::getVersion).toList())));
  }

  /** The version that the path names; null: none. */
  static @Nullable String version(RoutingContext routing) {
    return routing.pathParam("version");
  }
}
