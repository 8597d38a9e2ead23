package io.millrace.platform.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.platform.registry.RegistryRecord.SchemaVersion;
import io.millrace.platform.registry.SubjectCommands.Decision;
import io.millrace.platform.registry.SubjectStore.Visibility;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.avro.Schema;

/**
 * The registry's REST interface, from request to JSON answer.
 *
 * <p>Source: Confluent's Schema Registry API reference. One change is decided and written at a
 * time; questions run beside it.
 */
final class RegistryRoutes {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final SubjectStore store;
  private final SubjectCommands commands;
  private final SettingsRoutes settings;
  private final CompatibilityRoutes compatibility;
  private final Consumer<List<RegistryRecord>> log;

  /**
   * @param log writes records and returns once the store has them; throws RegistryException when it
   *     cannot
   */
  RegistryRoutes(SubjectStore store, Consumer<List<RegistryRecord>> log) {
    this.store = store;
    this.log = log;
    this.commands = new SubjectCommands(store);
    this.settings = new SettingsRoutes(store, commands);
    this.compatibility = new CompatibilityRoutes(store, commands);
  }

  /**
   * The answer.
   *
   * @throws RegistryException when the request is refused, with the status and code to answer
   */
  JsonNode answer(RegistryRequest request) {
    List<String> path = request.path();
    String area = path.isEmpty() ? "" : path.get(0);
    return switch (area) {
      case "" -> only(request, "GET", JSON::objectNode);
      case "subjects" -> subjects(request);
      case "schemas" -> only(request, "GET", () -> schemas(request));
      case "compatibility" -> only(request, "POST", () -> compatibility.answer(request));
      case "config", "mode" -> settings.answer(request, this::write);
      default -> throw notFound(request);
    };
  }

  private JsonNode subjects(RegistryRequest request) {
    List<String> path = request.path();
    if (path.size() == 1) {
      return only(request, "GET", () -> listSubjects(request));
    }
    String subject = path.get(1);
    if (path.size() == 2) {
      return switch (request.method()) {
        case "POST" -> whole(lookup(subject, request));
        case "DELETE" ->
            numbers(write(() -> commands.deleteSubject(subject, request.flag("permanent"))));
        default -> throw notAllowed(request);
      };
    }
    if (!path.get(2).equals("versions")) {
      throw notFound(request);
    }
    if (path.size() == 3) {
      return switch (request.method()) {
        case "GET" -> listVersions(subject, request);
        case "POST" -> register(subject, request);
        default -> throw notAllowed(request);
      };
    }
    VersionSpec which = VersionSpec.of(path.get(3));
    if (path.size() == 4) {
      return switch (request.method()) {
        case "GET" -> whole(which.in(store, subject, visibility(request)));
        case "DELETE" ->
            IntNode.valueOf(
                write(() -> commands.deleteVersion(subject, which, request.flag("permanent"))));
        default -> throw notAllowed(request);
      };
    }
    return only(
        request,
        "GET",
        () -> {
          SchemaVersion version = which.in(store, subject, visibility(request));
          return switch (path.size() == 5 ? path.get(4) : "") {
            case "schema" -> AvroText.json(version.schema());
            // References are refused, so no schema is ever referred to.
            case "referencedby" -> JSON.arrayNode();
            default -> throw notFound(request);
          };
        });
  }

  private JsonNode listSubjects(RegistryRequest request) {
    String prefix = request.query().getOrDefault("subjectPrefix", "");
    ArrayNode names = JSON.arrayNode();
    store.subjects(visibility(request)).stream()
        .filter(s -> s.startsWith(prefix))
        .forEach(names::add);
    return names;
  }

  private JsonNode listVersions(String subject, RegistryRequest request) {
    List<SchemaVersion> versions = store.versions(subject, visibility(request));
    if (versions.isEmpty()) {
      throw RegistryException.subjectNotFound(subject);
    }
    return numbers(versions.stream().map(SchemaVersion::version).toList());
  }

  private JsonNode register(String subject, RegistryRequest request) {
    Schema schema = request.schema();
    SchemaVersion version = write(() -> commands.register(subject, schema));
    return JSON.objectNode().put("id", version.id());
  }

  private SchemaVersion lookup(String subject, RegistryRequest request) {
    List<SchemaVersion> versions = store.versions(subject, visibility(request));
    if (versions.isEmpty()) {
      throw RegistryException.subjectNotFound(subject);
    }
    String text = AvroText.canonical(request.schema());
    // The newest: a version that was deleted and registered again stands there twice.
    return versions.stream()
        .filter(v -> v.schema().equals(text))
        .reduce((older, newer) -> newer)
        .orElseThrow(() -> RegistryException.schemaNotFound("under subject '" + subject + "'"));
  }

  private JsonNode schemas(RegistryRequest request) {
    List<String> path = request.path();
    if (path.size() == 1) {
      String prefix = request.query().getOrDefault("subjectPrefix", "");
      ArrayNode all = JSON.arrayNode();
      store.all(visibility(request)).stream()
          .filter(v -> v.subject().startsWith(prefix))
          .forEach(v -> all.add(whole(v)));
      return all;
    }
    if (path.size() == 2 && path.get(1).equals("types")) {
      return JSON.arrayNode().add("AVRO");
    }
    if (path.size() < 3 || path.size() > 4 || !path.get(1).equals("ids")) {
      throw notFound(request);
    }
    List<SchemaVersion> uses = usesOf(path.get(2));
    Visibility visibility = visibility(request);
    return switch (path.size() == 3 ? "" : path.get(3)) {
      case "" -> JSON.objectNode().put("schema", uses.get(0).schema());
      case "schema" -> AvroText.json(uses.get(0).schema());
      case "subjects" -> {
        ArrayNode names = JSON.arrayNode();
        uses.stream()
            .filter(visibility::shows)
            .map(SchemaVersion::subject)
            .distinct()
            .forEach(names::add);
        yield names;
      }
      case "versions" -> {
        ArrayNode versions = JSON.arrayNode();
        uses.stream()
            .filter(visibility::shows)
            .forEach(
                v -> versions.addObject().put("subject", v.subject()).put("version", v.version()));
        yield versions;
      }
      default -> throw notFound(request);
    };
  }

  private List<SchemaVersion> usesOf(String id) {
    try {
      List<SchemaVersion> uses = store.usesOf(Integer.parseInt(id));
      if (!uses.isEmpty()) {
        return uses;
      }
    } catch (NumberFormatException e) {
      throw RegistryException.http(404, "HTTP 404 Not Found: '" + id + "' is not a schema id.");
    }
    throw RegistryException.schemaNotFound(id);
  }

  private synchronized <T> T write(Supplier<Decision<T>> change) {
    Decision<T> decision = change.get();
    log.accept(decision.records());
    return decision.answer();
  }

  private static JsonNode only(RegistryRequest request, String method, Supplier<JsonNode> answer) {
    if (!request.method().equals(method)) {
      throw notAllowed(request);
    }
    return answer.get();
  }

  private static Visibility visibility(RegistryRequest request) {
    if (request.flag("deletedOnly")) {
      return Visibility.DELETED_ONLY;
    }
    return request.flag("deleted") ? Visibility.WITH_DELETED : Visibility.LIVE;
  }

  private static ObjectNode whole(SchemaVersion version) {
    return JSON.objectNode()
        .put("subject", version.subject())
        .put("version", version.version())
        .put("id", version.id())
        .put("schema", version.schema());
  }

  private static ArrayNode numbers(List<Integer> numbers) {
    ArrayNode array = JSON.arrayNode();
    numbers.forEach(array::add);
    return array;
  }

  static RegistryException notFound(RegistryRequest request) {
    return RegistryException.http(404, "HTTP 404 Not Found: /" + String.join("/", request.path()));
  }

  static RegistryException notAllowed(RegistryRequest request) {
    return RegistryException.http(
        405,
        "HTTP 405 Method Not Allowed: "
            + request.method()
            + " /"
            + String.join("/", request.path()));
  }
}
