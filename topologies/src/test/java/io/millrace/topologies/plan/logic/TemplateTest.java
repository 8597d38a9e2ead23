package io.millrace.topologies.plan.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TemplateTest {
  private static Function<String, JsonNode> outputs(String json) throws Exception {
    JsonNode all = Template.read(json);
    return all::get;
  }

  private static String fill(String template, String outputs) throws Exception {
    return Template.parse(template).fill(outputs(outputs));
  }

  @Example
  void aStringThatIsOnlyAReferenceKeepsTheJsonType() throws Exception {
    String outputs =
        "{\"a\":{\"n\":1.50,\"b\":true,\"z\":null,\"l\":[1,[2,{\"x\":\"y\"}]],\"s\":\"t\"}}";
    assertThat(fill("{\"v\":\"${a.n}\"}", outputs)).isEqualTo("{\"v\":1.50}");
    assertThat(fill("{\"v\":\"${a.b}\"}", outputs)).isEqualTo("{\"v\":true}");
    assertThat(fill("{\"v\":\"${a.z}\"}", outputs)).isEqualTo("{\"v\":null}");
    assertThat(fill("{\"v\":\"${a.s}\"}", outputs)).isEqualTo("{\"v\":\"t\"}");
    assertThat(fill("{\"v\":[[\"${a.l}\"]]}", outputs))
        .isEqualTo("{\"v\":[[[1,[2,{\"x\":\"y\"}]]]]}");
    assertThat(fill("{\"v\":\"${a.l.1.1.x}\"}", outputs)).isEqualTo("{\"v\":\"y\"}");
  }

  @Example
  void insideTextAReferenceIsPrinted() throws Exception {
    assertThat(fill("{\"v\":\"it is ${a.n}, ${a.s} ${a}\"}", "{\"a\":{\"n\":1.50,\"s\":\"t\"}}"))
        .isEqualTo("{\"v\":\"it is 1.50, t {\\\"n\\\":1.50,\\\"s\\\":\\\"t\\\"}\"}");
  }

  @Example
  void twoDollarSignsEscapeAReference() throws Exception {
    assertThat(Template.parse("{\"v\":\"$${a} $$ $\"}").calls()).isEmpty();
    assertThat(fill("{\"v\":\"$${a} $$ ${a}\"}", "{\"a\":1}")).isEqualTo("{\"v\":\"${a} $$ 1\"}");
  }

  @Example
  void aReferenceWrittenWithJsonEscapesIsOneToo() throws Exception {
    assertThat(Template.parse("{\"v\":\"\\u0024{a}\"}").calls()).containsExactly("a");
    assertThat(Template.parse("{\"v\":\"$\\u007ba}\"}").calls()).containsExactly("a");
  }

  @Example
  void numbersBesideAReferenceKeepEveryDigit() throws Exception {
    String digits =
        "{\"n\":12345678901234567890.12345678901234567890,\"m\":1E+400,\"z\":1.00,\"v\":";
    assertThat(fill(digits + "\"${a}\"}", "{\"a\":0.10}")).isEqualTo(digits + "0.10}");
  }

  @Example
  void whatIsNotThereIsMissing() {
    for (String reference : new String[] {"b", "a.x", "a.l.2", "a.l.-1", "a.l.x", "a.s.0", "a.."}) {
      assertThatThrownBy(
              () -> fill("{\"v\":\"${" + reference + "}\"}", "{\"a\":{\"l\":[0,1],\"s\":\"t\"}}"))
          .as(reference)
          .isInstanceOf(PlanInvalid.class)
          .extracting(e -> ((PlanInvalid) e).code())
          .isEqualTo("REFERENCE_MISSING");
    }
  }

  @Example
  void garbageBehindTheArgumentsIsRefused() {
    assertThatThrownBy(() -> Template.parse("{\"v\":\"${a}\"} {}")).isInstanceOf(PlanInvalid.class);
    assertThatThrownBy(() -> Template.parse("{\"v\":\"${a\"}")).isInstanceOf(PlanInvalid.class);
  }

  @Example
  void manyReferencesToALongOutputAreRefusedBeforeTheyFillTheHeap() throws Exception {
    String longText = "\"" + "x".repeat(100_000) + "\"";
    String references = "\"${a}\",".repeat(100_000) + "\"${a}\"";
    assertThatThrownBy(() -> fill("{\"v\":[" + references + "]}", "{\"a\":" + longText + "}"))
        .isInstanceOf(PlanInvalid.class)
        .extracting(e -> ((PlanInvalid) e).code())
        .isEqualTo("ARGUMENTS_TOO_LARGE");
  }

  @Example
  void argumentsThatGetTooDeepAreRefused() {
    String deep = "[".repeat(990) + "]".repeat(990);
    assertThatThrownBy(
            () ->
                fill(
                    "{\"v\":" + "[".repeat(50) + "\"${a}\"" + "]".repeat(50) + "}",
                    "{\"a\":" + deep + "}"))
        .isInstanceOf(PlanInvalid.class);
  }

  @Provide
  Arbitrary<String> almostTemplates() {
    return Arbitraries.of(
            "{",
            "}",
            "[",
            "]",
            "\"",
            "$",
            "${",
            "$${",
            "a",
            "b",
            ".",
            "0",
            "1",
            ":",
            ",",
            "\\",
            "\\u0024",
            "null",
            "true",
            " ",
            "1e9",
            "\"v\":",
            "\"${a}\"",
            "\"${a.b}\"",
            "{\"v\":\"")
        .list()
        .ofMaxSize(30)
        .map(parts -> String.join("", parts));
  }

  @Property(tries = 2000)
  void nothingButPlanInvalidEscapes(@ForAll("almostTemplates") String text) throws Exception {
    Function<String, JsonNode> outputs = outputs("{\"a\":{\"b\":[1,\"$\"]},\"b\":\"${a}\"}");
    try {
      Template.parse(text).fill(outputs);
      Template.parse("{\"v\":\"" + text.replace("\\", "").replace("\"", "") + "\"}").fill(outputs);
    } catch (PlanInvalid expected) {
      assertThat(expected.code()).isNotEmpty();
    }
  }

  @Property(tries = 500)
  void anyTextComesThroughAsItIsOnceItsReferencesAreEscaped(@ForAll String text) throws Exception {
    String json =
        com.fasterxml.jackson.databind.node.TextNode.valueOf(text.replace("${", "$${")).toString();
    // Three dollar signs before a brace are one and an escape, so text that had two keeps both.
    String filled = fill("{\"v\":" + json + ",\"w\":\"${a}\"}", "{\"a\":1}");
    assertThat(Template.read(filled).get("v").textValue()).isEqualTo(text);
  }

  @Property(tries = 500)
  void whatIsReferredToIsPrintedWithoutBeingReadAsATemplateAgain(@ForAll String text)
      throws Exception {
    JsonNode value = com.fasterxml.jackson.databind.node.TextNode.valueOf(text + "${b}");
    String filled =
        Template.parse("{\"v\":\"<${a}>\",\"w\":\"${a}\"}").fill(Map.of("a", value)::get);
    assertThat(Template.read(filled).get("v").textValue()).isEqualTo("<" + text + "${b}>");
    assertThat(Template.read(filled).get("w")).isEqualTo(value);
  }
}
