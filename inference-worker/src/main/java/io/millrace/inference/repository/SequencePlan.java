package io.millrace.inference.repository;

import io.millrace.events.TensorDatatype;
import io.millrace.events.TensorSignature;
import io.millrace.inference.ModelException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the {@code sequence_batching} of a model's configuration says: which tensors are state that
 * goes from one request of a sequence to the next, which inputs say where in its sequence a request
 * is, and how long a sequence may be idle. Its names and meanings are Triton's.
 *
 * @param idleMillis how long a sequence may wait for its next request until its state goes
 * @param controls inputs that say where in its sequence a request is
 * @param states outputs that are inputs of the next request
 */
public record SequencePlan(long idleMillis, List<Control> controls, List<State> states) {

  private static final long IDLE_MICROS = 1_000_000;

  /** State lies in a topic that keeps a day. */
  private static final long IDLE_MICROS_MAX = 12 * 3_600_000_000L;

  private static final Set<TensorDatatype> IDS =
      EnumSet.of(
          TensorDatatype.INT32,
          TensorDatatype.INT64,
          TensorDatatype.UINT32,
          TensorDatatype.UINT64,
          TensorDatatype.BYTES);

  /** What an input says. */
  public enum Kind {
    /** True: the request begins its sequence. */
    START,
    /** True: the request ends its sequence. */
    END,
    /** True: there is a request. */
    READY,
    /** Which sequence it is of. */
    CORRID
  }

  /**
   * An input that says where in its sequence a request is.
   *
   * @param off its value for false
   * @param on its value for true
   */
  public record Control(String input, Kind kind, TensorDatatype type, double off, double on) {}

  /** An output that is an input of the next request. */
  public record State(String input, String output) {}

  /**
   * The plan that a configuration says.
   *
   * @throws ModelException MODEL_CONFIG_INVALID if it does not do
   */
  static SequencePlan of(JsonFields said) {
    List<Control> controls = new ArrayList<>();
    for (JsonFields input : said.objects("control_input")) {
      for (JsonFields control : input.objects("control")) {
        controls.add(control(input.text("name"), control));
      }
    }
    List<State> states = new ArrayList<>();
    for (JsonFields state : said.objects("state")) {
      for (JsonFields initial : state.objects("initial_state")) {
        if (!initial.text("data_file").isEmpty()) {
          throw ModelException.config(
              "%s.data_file is not supported; states begin with zeros".formatted(initial.path()));
        }
      }
      states.add(new State(state.text("input_name"), state.text("output_name")));
    }
    long idle = said.number("max_sequence_idle_microseconds", 0, IDLE_MICROS_MAX, IDLE_MICROS);
    return new SequencePlan(
        Math.max(1, (idle == 0 ? IDLE_MICROS : idle) / 1_000),
        List.copyOf(controls),
        List.copyOf(states));
  }

  private static Control control(String input, JsonFields control) {
    String symbol = control.text("kind");
    Kind kind;
    try {
      kind = Kind.valueOf(symbol.replaceFirst("^CONTROL_SEQUENCE_", ""));
    } catch (IllegalArgumentException e) {
      throw ModelException.config(
          "%s.kind is '%s'; expected CONTROL_SEQUENCE_START, _END, _READY or _CORRID"
              .formatted(control.path(), symbol));
    }
    if (kind == Kind.CORRID) {
      TensorDatatype type = ModelConfig.datatype(control.text("data_type"), control.path());
      if (!IDS.contains(type)) {
        throw ModelException.config(
            "%s.data_type is %s; expected TYPE_INT32, TYPE_INT64, TYPE_UINT32, TYPE_UINT64 or TYPE_STRING"
                .formatted(control.path(), type));
      }
      return new Control(input, kind, type, 0, 0);
    }
    if (control.has("fp32_false_true")) {
      return flag(input, kind, TensorDatatype.FP32, control, "fp32_false_true");
    }
    if (control.has("int32_false_true")) {
      return flag(input, kind, TensorDatatype.INT32, control, "int32_false_true");
    }
    return new Control(input, kind, TensorDatatype.BOOL, 0, 1);
  }

  private static Control flag(
      String input, Kind kind, TensorDatatype type, JsonFields control, String field) {
    List<Double> values = control.decimals(field);
    if (values.size() != 2) {
      throw ModelException.config(
          "%s.%s has %d values; expected that for false and that for true"
              .formatted(control.path(), field, values.size()));
    }
    return new Control(input, kind, type, values.get(0), values.get(1));
  }

  Set<String> hiddenInputs() {
    return Hidden.of(
        Stream.concat(
            controls.stream().map(Control::input).distinct(), states.stream().map(State::input)));
  }

  Set<String> hiddenOutputs() {
    return Hidden.of(states.stream().map(State::output));
  }

  /**
   * Finds out whether a model can be run so.
   *
   * @throws ModelException MODEL_CONFIG_INVALID, with the name of what does not do
   */
  void check(Signature model) {
    for (State state : states) {
      TensorSignature input = Hidden.end("input", model.inputs(), state.input);
      TensorSignature output = Hidden.end("output", model.outputs(), state.output);
      if (input.getDatatype() != output.getDatatype()) {
        throw ModelException.config(
            "state input '%s' has datatype %s, its output '%s' %s"
                .formatted(state.input, input.getDatatype(), state.output, output.getDatatype()));
      }
    }
    for (Control control : controls) {
      TensorSignature input = Hidden.end("input", model.inputs(), control.input);
      if (input.getDatatype() != control.type) {
        throw ModelException.config(
            "control input '%s' is %s in sequence_batching, but %s in the model"
                .formatted(control.input, control.type, input.getDatatype()));
      }
    }
  }
}
