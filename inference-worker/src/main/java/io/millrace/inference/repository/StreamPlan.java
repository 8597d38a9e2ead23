package io.millrace.inference.repository;

import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a model answers in chunks: it is run step by step, what a step gives goes into the next one,
 * and each step is a chunk.
 *
 * <p>A model whose configuration says {@code model_transaction_policy { decoupled: true }} is run
 * so; the rest is said by its {@code parameters}. {@code stream_state} and {@code stream_feedback}
 * name pairs {@code OUTPUT>INPUT}: an output that is the input of the next step as it is; a state
 * begins with zeros (a free dimension with length 0, as the past of a decoder does) and neither is
 * given by callers nor comes in chunks. {@code stream_next} and {@code stream_append} name one
 * pair: the place of the greatest score along the output's last axis, at its last position, is the
 * next value of the input, alone or behind those that it had; chunks have that value, under the
 * input's name, instead of the scores. {@code stream_stop}, {@code NAME=VALUE}, ends the answer
 * with the chunk in which that tensor of one element has that value, {@code stream_steps_max} (256)
 * at the latest, or a request's parameter {@code max_steps}.
 *
 * @param feeds what goes from a step into the next
 * @param stop when it ends; null: after the most steps
 * @param stepsMax most steps of an answer
 */
public record StreamPlan(List<Feed> feeds, @Nullable Stop stop, int stepsMax) {

  private static final int STEPS_DEFAULT = 256;
  private static final int STEPS_MAX = 100_000;
  private static final Pattern STOP = Pattern.compile("(?<name>[^=]+)=(?<value>-?[0-9]{1,18})");
  private static final Set<TensorDatatype> SCORES =
      EnumSet.of(TensorDatatype.FP32, TensorDatatype.FP64);
  private static final Set<TensorDatatype> PLACES =
      EnumSet.of(TensorDatatype.INT32, TensorDatatype.INT64);

  /** How an output becomes an input. */
  public enum How {
    /** As it is, unseen by callers. */
    STATE,
    /** As it is. */
    FEEDBACK,
    /** The place of its greatest score. */
    NEXT,
    /** That behind what the input was. */
    APPEND
  }

  /** An output of a step that an input of the next one is made from. */
  public record Feed(String output, String input, How how) {

    /** Whether callers see the place of the greatest score instead of the output. */
    public boolean chooses() {
      return how == How.NEXT || how == How.APPEND;
    }
  }

  /** The value of a chunk's tensor that ends the answer. */
  public record Stop(String name, long value) {}

  /**
   * The plan that parameters say.
   *
   * @throws ModelException MODEL_CONFIG_INVALID if one does not do
   */
  static StreamPlan of(Map<String, String> parameters) {
    List<Feed> feeds = new ArrayList<>();
    feeds(parameters, "stream_state", How.STATE, feeds);
    feeds(parameters, "stream_feedback", How.FEEDBACK, feeds);
    feeds(parameters, "stream_next", How.NEXT, feeds);
    feeds(parameters, "stream_append", How.APPEND, feeds);
    if (feeds.stream().map(Feed::input).distinct().count() < feeds.size()) {
      throw ModelException.config("The parameters stream_… give an input from two outputs");
    }
    if (feeds.stream().filter(Feed::chooses).count() > 1) {
      throw ModelException.config(
          "parameters.stream_next and stream_append name more than one pair; expected one in all");
    }
    return new StreamPlan(
        List.copyOf(feeds),
        stop(parameters.get("stream_stop")),
        steps(parameters.get("stream_steps_max"), feeds.isEmpty() ? 1 : STEPS_DEFAULT));
  }

  private static void feeds(
      Map<String, String> parameters, String name, How how, List<Feed> feeds) {
    String text = parameters.getOrDefault(name, "").trim();
    if (text.isEmpty()) {
      return;
    }
    for (String pair : text.split(",")) {
      String[] ends = pair.trim().split(">", -1);
      if (ends.length != 2 || ends[0].isBlank() || ends[1].isBlank()) {
        throw ModelException.config(
            "parameters.%s is '%s'; expected OUTPUT>INPUT, several separated by commas"
                .formatted(name, text));
      }
      feeds.add(new Feed(ends[0].trim(), ends[1].trim(), how));
    }
  }

  private static @Nullable Stop stop(@Nullable String text) {
    if (text == null || text.isBlank()) {
      return null;
    }
    Matcher stop = STOP.matcher(text.trim());
    if (!stop.matches()) {
      throw ModelException.config(
          "parameters.stream_stop is '%s'; expected NAME=VALUE with a whole number"
              .formatted(text));
    }
    return new Stop(stop.group("name").trim(), Long.parseLong(stop.group("value")));
  }

  private static int steps(@Nullable String text, int otherwise) {
    if (text == null || text.isBlank()) {
      return otherwise;
    }
    int steps = text.trim().matches("[0-9]{1,6}") ? Integer.parseInt(text.trim()) : 0;
    if (steps < 1 || steps > STEPS_MAX) {
      throw ModelException.config(
          "parameters.stream_steps_max is '%s'; expected a number from 1 to %d"
              .formatted(text, STEPS_MAX));
    }
    return steps;
  }

  /** Inputs that callers do not give. */
  Set<String> hiddenInputs() {
    return Hidden.of(feeds.stream().filter(feed -> feed.how == How.STATE).map(Feed::input));
  }

  /** Outputs that callers do not get. */
  Set<String> hiddenOutputs() {
    return Hidden.of(feeds.stream().filter(feed -> feed.how == How.STATE).map(Feed::output));
  }

  /**
   * Finds out whether a model can be run so.
   *
   * @throws ModelException MODEL_CONFIG_INVALID, with the name of what does not do
   */
  void check(Signature model) {
    for (Feed feed : feeds) {
      TensorSignature output = Hidden.end("output", model.outputs(), feed.output);
      TensorSignature input = Hidden.end("input", model.inputs(), feed.input);
      boolean fits =
          feed.chooses()
              ? SCORES.contains(output.getDatatype()) && PLACES.contains(input.getDatatype())
              : output.getDatatype() == input.getDatatype();
      if (!fits) {
        throw ModelException.config(
            "output '%s' of %s cannot become input '%s' of %s; expected %s"
                .formatted(
                    feed.output,
                    output.getDatatype(),
                    feed.input,
                    input.getDatatype(),
                    feed.chooses() ? "FP32 or FP64 scores to INT32 or INT64" : "equal datatypes"));
      }
    }
    if (stop != null
        && asked(model.outputs(), model).stream().noneMatch(o -> o.getName().equals(stop.name()))) {
      throw ModelException.config(
          "parameters.stream_stop names '%s', which no chunk has".formatted(stop.name()));
    }
  }

  /** The outputs that callers see, for those that the model has. */
  List<TensorSignature> asked(List<TensorSignature> outputs, Signature model) {
    List<TensorSignature> seen = new ArrayList<>();
    for (TensorSignature output : outputs) {
      Feed choice = choice(output.getName());
      if (choice == null) {
        if (!hiddenOutputs().contains(output.getName())) {
          seen.add(output);
        }
      } else {
        TensorSignature input = Hidden.end("input", model.inputs(), choice.input);
        List<Long> shape = new ArrayList<>(input.getShape());
        if (!shape.isEmpty()) {
          shape.set(shape.size() - 1, 1L);
        }
        seen.add(new TensorSignature(choice.input, input.getDatatype(), List.copyOf(shape)));
      }
    }
    return List.copyOf(seen);
  }

  /** What chooses by an output; null: nothing does. */
  public @Nullable Feed choice(String output) {
    for (Feed feed : feeds) {
      if (feed.chooses() && feed.output.equals(output)) {
        return feed;
      }
    }
    return null;
  }
}
