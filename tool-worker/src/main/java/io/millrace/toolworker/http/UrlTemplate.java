package io.millrace.toolworker.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.toolworker.ToolException;
import io.millrace.toolworker.template.Template;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/**
 * A URL whose path and query take arguments, percent-encoded so that none can leave its place:
 * scheme, host and port are the declaration's own.
 *
 * <p>Source of the encoding: RFC 3986, section 2; all but unreserved characters are encoded.
 */
final class UrlTemplate {

  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private final Template template;

  /**
   * Reads a template.
   *
   * @throws ToolException if it is no http or https URL with a literal host
   */
  UrlTemplate(String source) {
    this.template = Template.of(source);
    if (template.takesEnvironment()) {
      throw ToolException.declaration(
          "The URL '%s' takes an environment variable; only headers may".formatted(shown(source)));
    }
    String prefix = template.prefix();
    int authority = prefix.indexOf("://") + 3;
    int end = authority;
    while (end < prefix.length() && "/?#".indexOf(prefix.charAt(end)) < 0) {
      end++;
    }
    if (authority == 2 || (end == prefix.length() && !template.names().isEmpty())) {
      throw ToolException.declaration(
          "The URL '%s' must begin with http:// or https:// and a host; arguments may stand only in"
                  .formatted(shown(source))
              + " its path and query");
    }
    ObjectNode sample = JsonNodeFactory.instance.objectNode();
    template.names().forEach(name -> sample.put(name, "x"));
    URI uri = fill(sample);
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!(scheme.equals("http") || scheme.equals("https"))
        || uri.getHost() == null
        || uri.getRawUserInfo() != null) {
      throw ToolException.declaration(
          "The URL of scheme '%s' and host '%s' must be http or https, with a host and without user information before it"
              .formatted(scheme, uri.getHost() == null ? "" : uri.getHost()));
    }
  }

  /** What of a template messages may show: neither credentials nor a query, which may have some. */
  private static String shown(String source) {
    String shown = source.replaceFirst("//[^/?#]*@", "//…@");
    int query = shown.indexOf('?');
    return query < 0 ? shown : shown.substring(0, query) + "?…";
  }

  /** Names of the arguments that it takes. */
  Set<String> names() {
    return template.names();
  }

  /**
   * The URL with arguments.
   *
   * @throws ToolException if an argument is absent, or would be a step in the path ({@code ..})
   */
  URI fill(ObjectNode arguments) {
    String text = template.fill(arguments, UrlTemplate::encode, Template.Environment.NONE);
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw ToolException.declaration(
          "The URL '%s' is not valid: %s".formatted(shown(template.toString()), e.getReason()));
    }
    String path = uri.getRawPath();
    if (path != null) {
      for (String segment : path.split("/", -1)) {
        if (segment.equals(".") || segment.equals("..")) {
          throw ToolException.arguments(
              "The arguments make '%s' a path with the segment '%s', which would leave its place"
                  .formatted(shown(template.toString()), segment));
        }
      }
    }
    return uri;
  }

  /** Percent-encodes all but the unreserved characters, as UTF-8. */
  static String encode(String value) {
    StringBuilder text = new StringBuilder(value.length() + 16);
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      int c = b & 0xFF;
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || c == '-'
          || c == '.'
          || c == '_'
          || c == '~') {
        text.append((char) c);
      } else {
        text.append('%').append(HEX[c >> 4]).append(HEX[c & 0xF]);
      }
    }
    return text.toString();
  }
}
