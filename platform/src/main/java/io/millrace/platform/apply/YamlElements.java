package io.millrace.platform.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads YAML into elements: no tags, no duplicate keys, and aliases only within bounds.
 *
 * <p>Plain scalars are typed by YAML 1.2's core schema (<a
 * href="https://yaml.org/spec/1.2.2/#103-core-schema">10.3</a>): {@code yes}, {@code 12:30} and
 * dates are text, as their writer meant.
 */
final class YamlElements {
  private static final int DEPTH_MAX = 60;
  private static final int NODES_MAX = 100_000;
  private static final int EXPANDED_CHARS_MAX = 4 << 20;
  private static final int DOCUMENTS_MAX = 1_000;
  private static final int KEY_CHARS_MAX = 1_000;
  private static final int NUMBER_CHARS_MAX = 40;

  private static final Tag PLAIN = new Tag("tag:millrace.io,2026:plain");
  private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]+");
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?");

  private final Problems problems;
  private int nodes;
  private long expandedChars;

  private YamlElements(Problems problems) {
    this.problems = problems;
  }

  /**
   * The documents in the text, empty ones left out.
   *
   * @throws InvalidDocumentException when it is not YAML or beyond the bounds
   */
  static List<Element> parse(String text, Problems problems) throws InvalidDocumentException {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(Documents.BYTES_MAX);
    options.setNestingDepthLimit(DEPTH_MAX);
    options.setMaxAliasesForCollections(1_000);
    YamlElements reader = new YamlElements(problems);
    List<Element> documents = new ArrayList<>();
    try {
      Composer composer =
          new Composer(
              new ParserImpl(new StreamReader(text), options), new CoreResolver(), options);
      while (composer.checkNode()) {
        Element document = reader.element(composer.getNode(), "", 0);
        if (!document.toJson().isNull()) {
          documents.add(document);
        }
        if (documents.size() > DOCUMENTS_MAX) {
          throw problems.fatal(
              document.line(), "", "has more than " + DOCUMENTS_MAX + " documents; split it");
        }
      }
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark();
      throw problems.fatal(mark == null ? 0 : mark.getLine() + 1, "", "is not YAML: " + said(e));
    } catch (YAMLException e) {
      throw problems.fatal(0, "", "is not YAML: " + firstLine(e.getMessage()));
    }
    return documents;
  }

  private Element element(Node node, String path, int depth) throws InvalidDocumentException {
    int line = node.getStartMark().getLine() + 1;
    if (depth > DEPTH_MAX) {
      throw problems.fatal(line, "", "is nested deeper than " + DEPTH_MAX + " levels");
    }
    if (++nodes > NODES_MAX) {
      throw problems.fatal(
          line, "", "has more than " + NODES_MAX + " values once its aliases are expanded");
    }
    if (node instanceof MappingNode mapping) {
      checkTag(node, Tag.MAP, path, line);
      return mapping(mapping, path, depth, line);
    }
    if (node instanceof SequenceNode sequence) {
      checkTag(node, Tag.SEQ, path, line);
      List<Element> items = new ArrayList<>();
      for (Node item : sequence.getValue()) {
        items.add(element(item, path + "[" + items.size() + "]", depth + 1));
      }
      return new Element.Sequence(line, items);
    }
    if (node instanceof ScalarNode scalar) {
      charge(scalar.getValue(), line);
      boolean plain = node.getTag().equals(PLAIN);
      if (!plain) {
        checkTag(node, Tag.STR, path, line);
      }
      String text = scalar.getValue();
      return new Element.Scalar(line, plain ? typed(text) : TextNode.valueOf(text), text);
    }
    throw problems.fatal(line, path, "holds an alias that refers to nothing");
  }

  private Element mapping(MappingNode mapping, String path, int depth, int line)
      throws InvalidDocumentException {
    Map<String, Element> fields = new LinkedHashMap<>();
    Map<String, Integer> keyLines = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      int keyLine = tuple.getKeyNode().getStartMark().getLine() + 1;
      if (!(tuple.getKeyNode() instanceof ScalarNode keyNode)) {
        problems.add(keyLine, path, "has a key that is not text");
        continue;
      }
      String key = keyNode.getValue();
      if (key.length() > KEY_CHARS_MAX) {
        problems.add(keyLine, path, "has a key of more than " + KEY_CHARS_MAX + " characters");
        continue;
      }
      charge(key, keyLine);
      String at = path.isEmpty() ? key : path + "." + key;
      Element value = element(tuple.getValueNode(), at, depth + 1);
      Integer earlier = keyLines.putIfAbsent(key, keyLine);
      if (earlier == null) {
        fields.put(key, value);
      } else {
        problems.add(keyLine, at, "is given twice; the first is on line " + earlier);
      }
    }
    return new Element.Mapping(line, fields, keyLines);
  }

  private void checkTag(Node node, Tag expected, String path, int line) {
    if (!node.getTag().equals(expected)) {
      problems.add(
          line, path, "has the tag " + node.getTag() + "; tags are not read, leave it out");
    }
  }

  /** Counts text again each time an alias repeats it, since it is then written out again. */
  private void charge(String text, int line) throws InvalidDocumentException {
    expandedChars += text.length();
    if (expandedChars > EXPANDED_CHARS_MAX) {
      throw problems.fatal(line, "", "is longer than 4 MiB once its aliases are expanded");
    }
  }

  private static JsonNode typed(String text) {
    return switch (text) {
      case "", "~", "null", "Null", "NULL" -> NullNode.getInstance();
      case "true", "True", "TRUE" -> BooleanNode.TRUE;
      case "false", "False", "FALSE" -> BooleanNode.FALSE;
      default -> numberOrText(text);
    };
  }

  private static JsonNode numberOrText(String text) {
    if (text.length() <= NUMBER_CHARS_MAX) {
      if (INTEGER.matcher(text).matches()) {
        return integer(new BigInteger(text));
      }
      if (DECIMAL.matcher(text).matches()) {
        return JsonNodeFactory.instance.numberNode(new BigDecimal(text).doubleValue());
      }
    }
    return TextNode.valueOf(text);
  }

  private static JsonNode integer(BigInteger value) {
    return value.bitLength() < Long.SIZE
        ? JsonNodeFactory.instance.numberNode(value.longValue())
        : JsonNodeFactory.instance.numberNode(value);
  }

  private static String said(MarkedYAMLException e) {
    String context = e.getContext() == null ? "" : e.getContext() + ", ";
    return firstLine(context + e.getProblem());
  }

  private static String firstLine(@Nullable String message) {
    return message == null ? "it cannot be parsed" : message.lines().findFirst().orElse("");
  }

  /** Leaves the typing of plain scalars to {@link #typed}, and lets explicit tags be told apart. */
  private static final class CoreResolver extends Resolver {
    @Override
    public Tag resolve(NodeId kind, @Nullable String value, boolean implicit) {
      return switch (kind) {
        case scalar -> implicit ? PLAIN : Tag.STR;
        case sequence -> Tag.SEQ;
        case mapping -> Tag.MAP;
        default -> PLAIN;
      };
    }
  }
}
