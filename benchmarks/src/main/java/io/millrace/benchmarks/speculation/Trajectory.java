package io.millrace.benchmarks.speculation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.platform.cli.CommandException;
import io.millrace.topologies.speculation.logic.Step;
import java.io.IOException;
import java.nio.file.Files;
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
   * @throws CommandException if it is something else
   */
  static List<Trajectory> read(Path file) {
    try {
      return parse(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw CommandException.usage(
          "--trajectories: %s cannot be read: %s".formatted(file, e.getMessage()));
    }
  }

  static List<Trajectory> parse(String text, String name) {
    JsonNode array;
    try {
      array = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw CommandException.usage(
          "--trajectories: %s is not JSON: %s".formatted(name, e.getOriginalMessage()));
    }
    List<Trajectory> trajectories = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      JsonNode element = array.get(i);
      if (!element.path("task_id").isValueNode() || !element.path("traj").isArray()) {
        throw CommandException.usage(
            "--trajectories: %s, element %d: expected 'task_id' and a list 'traj'"
                .formatted(name, i));
      }
      try {
        trajectories.add(
            new Trajectory(element.get("task_id").asText(), events(element.get("traj"))));
      } catch (IllegalArgumentException e) {
        throw CommandException.usage(
            "--trajectories: %s, element %d: %s".formatted(name, i, e.getMessage()));
      }
    }
    if (trajectories.isEmpty()) {
      throw CommandException.usage("--trajectories: %s holds none".formatted(name));
    }
    return trajectories;
  }

  private static List<Event> events(JsonNode messages) {
    List<Event> events = new ArrayList<>();
    Map<String, JsonNode> calls = new LinkedHashMap<>();
    int turns = 0;
    for (JsonNode message : messages) {
      switch (message.path("role").asText()) {
        case "user" -> {
          events.add(new Event(Step.said(message.path("content").asText()), turns));
          turns = 0;
        }
        case "assistant" -> {
          turns++;
          message.path("tool_calls").forEach(call -> calls.put(call.path("id").asText(), call));
        }
        case "tool" -> {
          JsonNode call = calls.remove(message.path("tool_call_id").asText());
          if (call == null) {
            throw new IllegalArgumentException(
                "a message of role 'tool' answers no call: '%s'"
                    .formatted(message.path("tool_call_id").asText()));
          }
          JsonNode function = call.path("function");
          events.add(
              new Event(
                  Step.called(
                      function.path("name").asText(),
                      function.path("arguments").asText(),
                      message.path("content").asText()),
                  turns));
          turns = 0;
        }
        default -> {
          // A system prompt says nothing about one conversation.
        }
      }
    }
    return events;
  }
}
