package io.millrace.platform.cli;

import io.millrace.schemas.text.Spelling;
import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.util.List;

/** Finds topics of the catalogue by the names that users write. */
final class CatalogueTopics {
  private CatalogueTopics() {}

  /**
   * The topic of that name.
   *
   * @throws CommandException with the nearest name if there is none
   */
  static Topic<?> require(String name) {
    return Topics.find(name).orElseThrow(() -> CommandException.usage(unknown(name)));
  }

  /** What to say of a name that is not in the catalogue. */
  static String unknown(String name) {
    List<String> names = Topics.all().stream().map(Topic::name).toList();
    return "there is no topic '" + name + "' in the catalogue" + Spelling.hint(name, names);
  }
}
