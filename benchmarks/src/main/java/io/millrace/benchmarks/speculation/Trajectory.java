package io.millrace.benchmarks.speculation;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.platform.cli.CommandException;
import io.millrace.platform.cli.ExitCode;
import io.millrace.topologies.speculation.logic.Step;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A recorded conversation of an agent with a person and with tools, as tau-bench writes it.
 *
 * @param taskId what the agent was to do; several trials share it
 * @param events in order
 */
record Trajectory(String taskId, List<Event> events) {
  private static final long FILE_BYTES_MAX = 256L << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  Trajectory {
    events = List.copyOf(events);
  }

  /**
   * Something that happened.
   *
   * @param step what was said by the person, or called and answered
   * @param modelTurns turns of the model since the event before
   */
  record Event(Step step, int modelTurns) {}

  /**
   * Reads a file: a JSON array of objects with {@code task_id} and {@code traj}, a list of
   * messages.
   *
   * @throws CommandException if it is something else, saying where
   */
  static List<Trajectory> read(Path file) {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw CommandException.usage(
            "--trajectories: %s has %d bytes; expected at most %d"
                .formatted(file, Files.size(file), FILE_BYTES_MAX));
      }
      // What is no UTF-8 becomes characters that JSON does not have: it is said with its line.
      try (Reader reader =
              new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8);
          JsonParser parser = JSON.createParser(reader)) {
        return parse(parser, file.toString());
      }
    } catch (NoSuchFileException e) {
      throw CommandException.usage("--trajectories: there is no file " + file);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.USAGE,
          "--trajectories: %s cannot be read: %s".formatted(file, e.getMessage()),
          e);
    }
  }

  static List<Trajectory> parse(String text, String name) throws IOException {
    try (JsonParser parser = JSON.createParser(text)) {
      return parse(parser, name);
    }
  }

  private static List<Trajectory> parse(JsonParser parser, String name) throws IOException {
    List<Trajectory> trajectories = new ArrayList<>();
    int line = 1;
    try {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new IllegalArgumentException("expected a JSON array of trajectories");
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        line = parser.currentTokenLocation().getLineNr();
        trajectories.add(trajectory(parser.readValueAsTree()));
      }
      line = parser.currentTokenLocation().getLineNr();
      if (parser.nextToken() != null) {
        throw new IllegalArgumentException("expected nothing after the array");
      }
    } catch (JsonProcessingException e) {
      throw CommandException.usage(
          "--trajectories: %s, line %d: it is not JSON: %s"
              .formatted(
                  name,
                  e.getLocation() == null ? line : e.getLocation().getLineNr(),
                  e.getOriginalMessage().lines().findFirst().orElse("")));
    } catch (IllegalArgumentException e) {
      throw CommandException.usage(
          "--trajectories: %s, line %d, element %d: %s"
              .formatted(name, line, trajectories.size(), e.getMessage()));
    }
    if (trajectories.isEmpty()) {
      throw CommandException.usage(
          "--trajectories: %s, line %d: the array holds none".formatted(name, line));
    }
    return trajectories;
  }

  private static Trajectory trajectory(JsonNode element) {
    JsonNode task = element.path("task_id");
    if (!(task.isTextual() || task.isIntegralNumber()) || !element.path("traj").isArray()) {
      throw new IllegalArgumentException("expected 'task_id', a text or number, and a list 'traj'");
    }
    return new Trajectory(task.asText(), events(element.path("traj")));
  }

  private static List<Event> events(JsonNode messages) {
    List<Event> events = new ArrayList<>();
    Map<String, JsonNode> calls = new LinkedHashMap<>();
    int turns = 0;
    for (int i = 0; i < messages.size(); i++) {
      JsonNode message = messages.get(i);
      String place = "message " + i;
      switch (text(message, "role", place)) {
        case "user" -> {
          events.add(new Event(Step.said(text(message, "content", place)), turns));
          turns = 0;
        }
        case "assistant" -> {
          turns++;
          note(message.path("tool_calls"), place, calls);
        }
        case "tool" -> {
          String id = text(message, "tool_call_id", place);
          JsonNode function = calls.remove(id);
          if (function == null) {
            throw new IllegalArgumentException("%s answers no call: '%s'".formatted(place, id));
          }
          events.add(new Event(called(function, text(message, "content", place), place), turns));
          turns = 0;
        }
        default -> {
          // A system prompt says nothing about one conversation.
        }
      }
    }
    return events;
  }

  private static void note(JsonNode made, String place, Map<String, JsonNode> calls) {
    if (made.isMissingNode() || made.isNull()) {
      return;
    }
    if (!made.isArray()) {
      throw new IllegalArgumentException(place + ": expected a list 'tool_calls'");
    }
    for (JsonNode call : made) {
      JsonNode function = call.path("function");
      text(function, "name", place + ", function of a tool call");
      text(function, "arguments", place + ", function of a tool call");
      calls.put(text(call, "id", place + ", tool call"), function);
    }
  }

  private static Step called(JsonNode function, String output, String place) {
    try {
      return Step.called(
          function.path("name").textValue(), function.path("arguments").textValue(), output);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s answers a call whose 'arguments' cannot be read: %s".formatted(place, e.getMessage()),
          e);
    }
  }

  private static String text(JsonNode of, String field, String place) {
    String text = of.path(field).textValue();
    if (text == null) {
      throw new IllegalArgumentException("%s: expected a text '%s'".formatted(place, field));
    }
    return text;
  }
}
