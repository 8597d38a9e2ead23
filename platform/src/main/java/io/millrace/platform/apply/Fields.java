package io.millrace.platform.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.schemas.text.Spelling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one mapping by name and type, notes what is wrong with each, and in the end
 * names those that nobody asked for.
 *
 * <p>A field that is absent or null gives empty without a problem; one that is wrong gives empty
 * with one.
 */
final class Fields {
  private static final int TEXT_CHARS_MAX = 100_000;
  private static final int LIST_MAX = 1_000;

  private final Element.Mapping mapping;
  private final String path;
  private final Problems problems;
  private final List<String> asked = new ArrayList<>();

  private Fields(Element.Mapping mapping, String path, Problems problems) {
    this.mapping = mapping;
    this.path = path;
    this.problems = problems;
  }

  /** The fields of the element, or empty with a problem if it is no mapping. */
  static Optional<Fields> of(Element element, String path, Problems problems) {
    if (element instanceof Element.Mapping mapping) {
      return Optional.of(new Fields(mapping, path, problems));
    }
    problems.add(
        element.line(), path, "expected keys and values, but " + element.describe() + " is given");
    return Optional.empty();
  }

  /** The line of the key, or of the mapping where the key is absent. */
  int line(String key) {
    Integer line = mapping.keyLines().get(key);
    return line == null ? mapping.line() : line;
  }

  String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Notes a problem with the field. */
  void wrong(String key, String message) {
    problems.add(line(key), path(key), message);
  }

  /** True when the field is there and not null. */
  boolean has(String key) {
    return element(key).isPresent();
  }

  Optional<Element> element(String key) {
    if (!asked.contains(key)) {
      asked.add(key);
    }
    Element element = mapping.fields().get(key);
    return element == null || isNull(element) ? Optional.empty() : Optional.of(element);
  }

  /** Text; a number or boolean is taken as it was written. */
  Optional<String> text(String key) {
    return scalar(key, "text")
        .flatMap(
            scalar ->
                scalar.text().length() <= TEXT_CHARS_MAX
                    ? Optional.of(scalar.text())
                    : fail(key, "is longer than " + TEXT_CHARS_MAX + " characters"));
  }

  /** Text that must be there and match the pattern. */
  Optional<String> required(String key, Pattern pattern, String expected) {
    if (!has(key)) {
      problems.add(line(key), path(key), "is missing; expected " + expected);
      return Optional.empty();
    }
    return matching(key, pattern, expected);
  }

  /** Text that must match the pattern if it is there. */
  Optional<String> matching(String key, Pattern pattern, String expected) {
    return text(key)
        .flatMap(
            text ->
                pattern.matcher(text).matches() ? Optional.of(text) : unexpected(key, expected));
  }

  Optional<Boolean> bool(String key) {
    return scalar(key, "true or false")
        .flatMap(
            scalar ->
                scalar.value().isBoolean()
                    ? Optional.of(scalar.value().booleanValue())
                    : unexpected(key, "true or false"));
  }

  Optional<Long> integer(String key, long min, long max) {
    String expected = "a whole number from " + min + " to " + max;
    return scalar(key, expected)
        .flatMap(
            scalar -> {
              JsonNode value = scalar.value();
              boolean fits =
                  value.isIntegralNumber()
                      && value.canConvertToLong()
                      && value.longValue() >= min
                      && value.longValue() <= max;
              return fits ? Optional.of(value.longValue()) : unexpected(key, expected);
            });
  }

  /** A number above min and up to max. */
  Optional<Double> number(String key, double min, double max) {
    String expected = "a number above " + min + " and up to " + max;
    return scalar(key, expected)
        .flatMap(
            scalar -> {
              double value = scalar.value().isNumber() ? scalar.value().doubleValue() : Double.NaN;
              return value > min && value <= max ? Optional.of(value) : unexpected(key, expected);
            });
  }

  Optional<Duration> duration(String key, Duration min, Duration max) {
    return scalar(key, DurationText.EXPECTED)
        .flatMap(
            scalar -> {
              Optional<Duration> duration = DurationText.parse(scalar.text());
              if (duration.isEmpty()) {
                return unexpected(key, DurationText.EXPECTED);
              }
              boolean fits =
                  duration.get().compareTo(min) >= 0 && duration.get().compareTo(max) <= 0;
              return fits
                  ? duration
                  : unexpected(
                      key,
                      "a duration from "
                          + DurationText.format(min)
                          + " to "
                          + DurationText.format(max));
            });
  }

  /** A list of texts. */
  Optional<List<String>> texts(String key) {
    return items(key).map(items -> texts(key, items));
  }

  /**
   * A list of texts that must be there and have something in it.
   *
   * @param expected what is in it
   */
  Optional<List<String>> someTexts(String key, String expected) {
    return someItems(key, expected).map(items -> texts(key, items));
  }

  private List<String> texts(String key, List<Element> items) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i) instanceof Element.Scalar scalar && !scalar.value().isNull()) {
        texts.add(scalar.text());
      } else {
        problems.add(
            items.get(i).line(),
            path(key) + "[" + i + "]",
            "expected text, but " + items.get(i).describe() + " is given");
      }
    }
    return texts;
  }

  /**
   * A list that must be there and have something in it.
   *
   * @param expected what is in it
   */
  Optional<List<Element>> someItems(String key, String expected) {
    if (!has(key)) {
      return fail(key, "is missing; expected " + expected);
    }
    Optional<List<Element>> items = items(key);
    return items.isPresent() && items.get().isEmpty()
        ? fail(key, "is empty; expected " + expected)
        : items;
  }

  /** A list. */
  Optional<List<Element>> items(String key) {
    return element(key)
        .flatMap(
            element -> {
              if (!(element instanceof Element.Sequence sequence)) {
                return unexpected(key, "a list");
              }
              return sequence.items().size() <= LIST_MAX
                  ? Optional.of(sequence.items())
                  : fail(key, "has more than " + LIST_MAX + " items");
            });
  }

  /** A mapping of text to text. */
  Optional<Map<String, String>> textMap(String key, int max) {
    return fields(key)
        .map(
            fields -> {
              Map<String, String> texts = new LinkedHashMap<>();
              for (String name : fields.mapping.fields().keySet()) {
                fields.text(name).ifPresent(text -> texts.put(name, text));
              }
              if (texts.size() > max) {
                wrong(key, "has more than " + max + " entries");
              }
              return texts;
            });
  }

  /** The fields of the mapping under the key. */
  Optional<Fields> fields(String key) {
    return element(key).flatMap(element -> of(element, path(key), problems));
  }

  /** A value of an enumeration, written in lower case. */
  <E extends Enum<E>> Optional<E> choice(String key, Map<String, E> choices) {
    return text(key)
        .flatMap(
            text -> {
              E choice = choices.get(text);
              return choice != null
                  ? Optional.of(choice)
                  : fail(
                      key, "'" + text + "' is not known" + Spelling.hint(text, choices.keySet()));
            });
  }

  /** Names every field that was not asked for, with the nearest one that would have been right. */
  void refuseOthers() {
    mapping
        .fields()
        .keySet()
        .forEach(
            key -> {
              if (!asked.contains(key)) {
                wrong(key, "is no key that is known here" + Spelling.hint(key, asked));
              }
            });
  }

  private Optional<Element.Scalar> scalar(String key, String expected) {
    return element(key)
        .flatMap(
            element ->
                element instanceof Element.Scalar scalar
                    ? Optional.of(scalar)
                    : unexpected(key, expected));
  }

  private <T> Optional<T> unexpected(String key, String expected) {
    @Nullable Element element = mapping.fields().get(key);
    String given = element == null ? "nothing" : element.describe();
    return fail(key, "expected " + expected + ", but " + given + " is given");
  }

  private <T> Optional<T> fail(String key, String message) {
    wrong(key, message);
    return Optional.empty();
  }

  private static boolean isNull(Element element) {
    return element instanceof Element.Scalar scalar && scalar.value().isNull();
  }
}
