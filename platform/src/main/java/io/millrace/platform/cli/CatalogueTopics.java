package io.millrace.platform.cli;

import io.millrace.platform.apply.Spelling;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.util.List;
import java.util.Optional;

/** Finds topics of the catalogue by the names that users write. */
final class CatalogueTopics {
  private static final String TOOL_TASKS = "tool.tasks.";

  private CatalogueTopics() {}

  /** The topic of that name; a member of a family counts. */
  static Optional<Topic<?>> find(String name) {
    if (name.startsWith(TOOL_TASKS)) {
      String pool = name.substring(TOOL_TASKS.length());
      if (Topics.POOL_NAME.matcher(pool).matches()) {
        return Optional.of(Topics.toolTasks(pool));
      }
    }
    for (Topic<?> topic : Topics.all()) {
      if (topic.name().equals(name)) {
        return Optional.of(topic);
      }
    }
    return Optional.empty();
  }

  /**
   * The topic of that name.
   *
   * @throws CommandException with the nearest name if there is none
   */
  static Topic<?> require(String name) {
    return find(name).orElseThrow(() -> CommandException.usage(unknown(name)));
  }

  /** What to say of a name that is not in the catalogue. */
  static String unknown(String name) {
    List<String> names = Topics.all().stream().map(Topic::name).toList();
    return "there is no topic '" + name + "' in the catalogue" + Spelling.hint(name, names);
  }
}
