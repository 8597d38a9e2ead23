package io.millrace.platform.apply;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.regex.Pattern;

/** Says what is wrong with a text that is not JSON. */
public final class JsonFault {
  /** Jackson's note of where it read from, which says nothing to the user. */
  private static final Pattern SOURCE =
      Pattern.compile(" ?\\(start marker at \\[Source:.*?]\\)| ?\\[Source:.*?]");

  private JsonFault() {}

  /** On one line, without the parser's own notes. */
  public static String of(JsonProcessingException e) {
    return SOURCE.matcher(e.getOriginalMessage().lines().findFirst().orElse("")).replaceAll("");
  }
}
