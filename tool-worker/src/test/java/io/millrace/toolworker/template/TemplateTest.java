package io.millrace.toolworker.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.ToolException;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TemplateTest {

  private static String fill(String template, String arguments) {
    return Template.of(template)
        .fill(json(arguments), value -> value, name -> name.equals("KEY") ? "s3cret" : null);
  }

  private static ObjectNode json(String text) {
    return (ObjectNode) Objects.requireNonNull(Json.parse(text));
  }

  @Test
  void placesTakeArgumentsAndOtherBracesAreText() {
    assertThat(fill("{a}-{b}-{c}", "{\"a\":\"x y\",\"b\":1.50,\"c\":{\"d\":[true]}}"))
        .isEqualTo("x y-1.50-{\"d\":[true]}");
    assertThat(fill("{\"q\": {n}} {} { n } {1}", "{\"n\":2}")).isEqualTo("{\"q\": 2} {} { n } {1}");
    assertThat(fill("Bearer ${env:KEY}", "{}")).isEqualTo("Bearer s3cret");
  }

  @Test
  void whatIsPutInIsNotReadAsATemplateAgain() {
    assertThat(fill("{a}", "{\"a\":\"{b} ${env:KEY}\",\"b\":\"no\"}")).isEqualTo("{b} ${env:KEY}");
  }

  @Test
  void anAbsentOrNullArgumentAndAMissingVariableAreNamed() {
    assertThatThrownBy(() -> fill("{city}", "{}"))
        .isInstanceOf(ToolException.class)
        .hasMessageContaining("'city'")
        .hasMessageContaining("absent");
    assertThatThrownBy(() -> fill("{city}", "{\"city\":null}")).hasMessageContaining("null");
    assertThatThrownBy(() -> fill("${env:NOPE}", "{}")).hasMessageContaining("NOPE");
  }

  @Property
  void anyTextIsATemplateAndWithoutPlacesComesOutAsItWentIn(@ForAll String text) {
    Template template = Template.of(text);
    if (template.names().isEmpty() && !template.takesEnvironment()) {
      assertThat(fill(text, "{}")).isEqualTo(text);
    }
  }

  @Property
  void anyArgumentStandsInItsPlaceUnchanged(@ForAll String value) {
    ObjectNode arguments = JsonNodeFactory.instance.objectNode().put("v", value);
    assertThat(Template.of("<{v}>").fill(arguments, text -> text, Template.Environment.NONE))
        .isEqualTo("<" + value + ">");
  }

  @Property
  void noArgumentLeavesTheStringOfAJsonTemplate(@ForAll String value) {
    JsonNode template =
        Objects.requireNonNull(
            Json.parse("{\"a\":\"{v}\",\"b\":\"<{v}>\",\"c\":[1,\"{n}\"],\"d\":{\"e\":null}}"));
    ObjectNode arguments = JsonNodeFactory.instance.objectNode().put("v", value).put("n", 7);
    JsonNode filled =
        Objects.requireNonNull(Json.parse(Json.text(new JsonTemplate(template).fill(arguments))));
    assertThat(filled.size()).isEqualTo(4);
    assertThat(filled.get("a").textValue()).isEqualTo(value);
    assertThat(filled.get("b").textValue()).isEqualTo("<" + value + ">");
    assertThat(filled.get("c").toString()).isEqualTo("[1,7]");
    assertThat(filled.get("d").toString()).isEqualTo("{\"e\":null}");
  }

  @Property
  void anyOutputBecomesJson(@ForAll String text) {
    JsonNode output = Json.output(text);
    assertThat(output == null).isEqualTo(text.isEmpty());
    if (output != null) {
      assertThat(Json.parse(Json.text(output))).isEqualTo(output);
    }
  }

  @Test
  void jsonKeepsItsNumbersAndTextLosesOnlyItsLastLineEnd() {
    assertThat(
            Json.text(
                Objects.requireNonNull(
                    Json.output("{\"a\":1.10,\"b\":1e2,\"c\":12345678901234567890}\n"))))
        .isEqualTo("{\"a\":1.10,\"b\":1E+2,\"c\":12345678901234567890}");
    assertThat(Objects.requireNonNull(Json.output("a\n\nb\n")).textValue()).isEqualTo("a\n\nb");
    assertThat(Objects.requireNonNull(Json.output("1 2")).textValue()).isEqualTo("1 2");
  }
}
