package io.millrace.toolworker.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.ToolException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UrlTemplateTest {

  private static ObjectNode arguments(String value) {
    return JsonNodeFactory.instance.objectNode().put("q", value);
  }

  @Test
  void argumentsArePercentEncoded() {
    assertThat(new UrlTemplate("http://h:8080/a/{q}?x={q}").fill(arguments("å/b c?&#%")))
        .hasToString("http://h:8080/a/%C3%A5%2Fb%20c%3F%26%23%25?x=%C3%A5%2Fb%20c%3F%26%23%25");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://{q}/a",
        "http://h{q}",
        "http://h{q}/a",
        "http://h:{q}/",
        "http://{q}@h/",
        "{q}://h/",
        "{q}",
        "//h/{q}",
        "/a/{q}",
        "ftp://h/{q}",
        "file:///etc/{q}",
        "http://user:secret@h/{q}",
        "http:///{q}",
        "http://h/a b/{q}",
        "http://h/${env:HOME}",
        "",
      })
  void aTemplateThatIsNoUrlOrLetsArgumentsChooseTheHostIsRefused(String template) {
    assertThatThrownBy(() -> new UrlTemplate(template))
        .isInstanceOfSatisfying(
            ToolException.class, e -> assertThat(e.code()).isEqualTo("TARGET_INVALID"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://user:secret@h/{q}",
        "http://h/{q}?token=secret&b=^",
        "http:///{q}?token=secret",
        "http://h/${env:HOME}?token=secret",
        "http://user:secret@h{q}",
      })
  void messagesDoNotShowCredentials(String template) {
    assertThatThrownBy(() -> new UrlTemplate(template))
        .isInstanceOf(ToolException.class)
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {".", ".."})
  void anArgumentThatIsAStepInThePathIsRefused(String step) {
    UrlTemplate template = new UrlTemplate("http://h/files/{q}/data");
    assertThatThrownBy(() -> template.fill(arguments(step)))
        .isInstanceOfSatisfying(
            ToolException.class, e -> assertThat(e.code()).isEqualTo("ARGUMENTS_INVALID"));
    assertThat(template.fill(arguments("...")).getRawPath()).isEqualTo("/files/.../data");
  }

  @Property
  void noArgumentChangesAnythingButItsPlace(@ForAll String value) {
    UrlTemplate template = new UrlTemplate("https://api.example:444/v1/x{q}y?k={q}&z=1");
    URI uri = template.fill(arguments(value));
    assertThat(uri.getScheme()).isEqualTo("https");
    assertThat(uri.getHost()).isEqualTo("api.example");
    assertThat(uri.getPort()).isEqualTo(444);
    assertThat(uri.getRawUserInfo()).isNull();
    assertThat(uri.getRawFragment()).isNull();
    assertThat(uri.getRawPath()).startsWith("/v1/x").endsWith("y");
    assertThat(uri.getRawPath().chars().filter(c -> c == '/').count()).isEqualTo(2);
    assertThat(uri.getRawQuery().chars().filter(c -> c == '&').count()).isEqualTo(1);
    String put = uri.getRawQuery().substring(2, uri.getRawQuery().length() - 4);
    assertThat(put).matches("([A-Za-z0-9._~-]|%[0-9A-F]{2})*");
    // A lone surrogate has no UTF-8 and becomes a question mark.
    String expected = new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    assertThat(URLDecoder.decode(put, StandardCharsets.UTF_8)).isEqualTo(expected);
  }
}
