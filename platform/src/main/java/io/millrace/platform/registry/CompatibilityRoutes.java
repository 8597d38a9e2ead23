package io.millrace.platform.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.platform.registry.RegistryRecord.SchemaVersion;
import io.millrace.platform.registry.SubjectStore.Visibility;
import java.util.List;
import org.apache.avro.Schema;

/**
 * {@code /compatibility/subjects/S/versions[/V]}: whether a schema could be registered, without
 * registering it.
 */
final class CompatibilityRoutes {

  private final SubjectStore store;
  private final SubjectCommands commands;

  CompatibilityRoutes(SubjectStore store, SubjectCommands commands) {
    this.store = store;
    this.commands = commands;
  }

  JsonNode answer(RegistryRequest request) {
    List<String> path = request.path();
    if (path.size() < 4
        || path.size() > 5
        || !path.get(1).equals("subjects")
        || !path.get(3).equals("versions")) {
      throw RegistryRoutes.notFound(request);
    }
    String subject = path.get(2);
    Schema candidate = request.schema();
    CompatibilityLevel level = commands.effectiveLevel(subject);
    List<String> problems =
        path.size() == 4
            ? level.problems(candidate, live(subject))
            : level.problemsWithEach(candidate, List.of(one(subject, VersionSpec.of(path.get(4)))));
    ObjectNode answer =
        JsonNodeFactory.instance.objectNode().put("is_compatible", problems.isEmpty());
    if (request.flag("verbose")) {
      ArrayNode messages = answer.putArray("messages");
      problems.forEach(messages::add);
    }
    return answer;
  }

  private List<Schema> live(String subject) {
    return SubjectCommands.parsed(store.versions(subject, Visibility.LIVE));
  }

  private Schema one(String subject, VersionSpec which) {
    SchemaVersion version = which.in(store, subject, Visibility.LIVE);
    return AvroText.parse(version.schema());
  }
}
