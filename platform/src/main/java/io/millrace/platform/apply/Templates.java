package io.millrace.platform.apply;

import java.util.Optional;
import java.util.regex.Pattern;

/** Checks the templates of tools, in which {@code {name}} takes an argument. */
final class Templates {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{[^{}]*}");
  private static final Pattern NAME = Pattern.compile("\\{[A-Za-z_][A-Za-z0-9_.-]{0,99}}");
  private static final Pattern URL_START = Pattern.compile("https?://[^/?#]+");

  private Templates() {}

  /** What is wrong with the placeholders; empty when nothing is. */
  static Optional<String> problem(String template) {
    var placeholders = PLACEHOLDER.matcher(template);
    while (placeholders.find()) {
      if (!NAME.matcher(placeholders.group()).matches()) {
        return Optional.of(
            "has the placeholder "
                + placeholders.group()
                + "; expected the name of an argument, such as {city}");
      }
    }
    String rest = PLACEHOLDER.matcher(template).replaceAll("");
    return rest.contains("{") || rest.contains("}")
        ? Optional.of("has a { or } without its partner")
        : Optional.empty();
  }

  /** What is wrong with the URL template; empty when nothing is. */
  static Optional<String> urlProblem(String url) {
    var start = URL_START.matcher(url);
    if (!start.lookingAt() || url.chars().anyMatch(c -> c <= ' ' || c == 127)) {
      return Optional.of(
          "expected a URL such as http://127.0.0.1:8080/weather/{city}, but '"
              + url
              + "' is given");
    }
    if (start.group().contains("@")) {
      return Optional.of(
          "has user information before its host, which messages would show; give credentials in a"
              + " header that takes them from the environment");
    }
    if (start.group().contains("{")) {
      return Optional.of(
          "has a placeholder in its host; the host must be fixed, or an argument could choose it");
    }
    return problem(url);
  }
}
