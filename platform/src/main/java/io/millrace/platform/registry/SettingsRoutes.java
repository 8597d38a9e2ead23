package io.millrace.platform.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.millrace.platform.registry.SubjectCommands.Decision;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code /config[/S]} and {@code /mode[/S]}: settings for all subjects and for one. */
final class SettingsRoutes {

  private final SubjectStore store;
  private final SubjectCommands commands;

  SettingsRoutes(SubjectStore store, SubjectCommands commands) {
    this.store = store;
    this.commands = commands;
  }

  /** Decides one change with all others kept out, writes it and gives its answer. */
  interface Writer {
    <T> T write(Supplier<Decision<T>> change);
  }

  JsonNode answer(RegistryRequest request, Writer writer) {
    if (request.path().size() > 2) {
      throw RegistryRoutes.notFound(request);
    }
    String subject = request.path().size() == 2 ? request.path().get(1) : null;
    boolean config = request.path().get(0).equals("config");
    return switch (request.method()) {
      case "GET" ->
          config
              ? one("compatibilityLevel", level(subject, request))
              : one("mode", mode(subject, request));
      case "PUT" ->
          config
              ? one("compatibility", putLevel(subject, request, writer))
              : one("mode", putMode(subject, request, writer));
      case "DELETE" ->
          config
              ? one("compatibilityLevel", writer.write(() -> commands.clearLevel(subject)))
              : one("mode", writer.write(() -> commands.clearMode(subject)));
      default -> throw RegistryRoutes.notAllowed(request);
    };
  }

  private CompatibilityLevel level(@Nullable String subject, RegistryRequest request) {
    if (subject == null) {
      return store.globalLevel();
    }
    return store
        .levelOf(subject)
        .orElseGet(
            () -> {
              if (request.flag("defaultToGlobal")) {
                return store.globalLevel();
              }
              throw RegistryException.noSubjectCompatibility(subject);
            });
  }

  private RegistryMode mode(@Nullable String subject, RegistryRequest request) {
    if (subject == null) {
      return store.globalMode();
    }
    return store
        .modeOf(subject)
        .orElseGet(
            () -> {
              if (request.flag("defaultToGlobal")) {
                return store.globalMode();
              }
              throw RegistryException.noSubjectMode(subject);
            });
  }

  private CompatibilityLevel putLevel(
      @Nullable String subject, RegistryRequest request, Writer writer) {
    String given = request.setting("compatibility");
    try {
      CompatibilityLevel level = CompatibilityLevel.valueOf(given);
      return writer.write(() -> commands.setLevel(subject, level));
    } catch (IllegalArgumentException e) {
      throw RegistryException.invalidCompatibility(given);
    }
  }

  private RegistryMode putMode(@Nullable String subject, RegistryRequest request, Writer writer) {
    String given = request.setting("mode");
    try {
      RegistryMode mode = RegistryMode.valueOf(given);
      return writer.write(() -> commands.setMode(subject, mode));
    } catch (IllegalArgumentException e) {
      throw RegistryException.invalidMode(given);
    }
  }

  private static JsonNode one(String name, Enum<?> value) {
    return JsonNodeFactory.instance.objectNode().put(name, value.name());
  }
}
