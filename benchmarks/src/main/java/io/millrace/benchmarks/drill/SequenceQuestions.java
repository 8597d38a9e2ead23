package io.millrace.benchmarks.drill;

import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.Outcome;
import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.inference.onnx.OnnxGraph;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Sequences side by side to a model that adds up what it was given since the start; each asks on
 * when its last request is answered, and begins anew after some requests.
 *
 * <p>A sequence stands where its last answer left it: what is OK has been added, what is not has
 * not, also where nobody knows whether it ran.
 */
final class SequenceQuestions implements Questions {
  private static final String MODEL = "total";
  private static final int LENGTH = 50;
  private static final int NUMBERS = 1_000;

  private final SplittableRandom random = new SplittableRandom();
  private final Deque<Sequence> idle = new ArrayDeque<>();

  /**
   * @param count how many sequences there are at a time
   */
  SequenceQuestions(int count) {
    for (int i = 0; i < count; i++) {
      idle.add(new Sequence("s" + i, 0, 0));
    }
  }

  /** Writes the model. */
  static void write(Path repository) throws IOException {
    OnnxGraph graph = new OnnxGraph(MODEL);
    String x = graph.input("x", TensorDatatype.INT64, -1, 1);
    String before = graph.input("before", TensorDatatype.INT64, -1, 1);
    graph.node("Add", Map.of(), List.of(before, x), List.of("after"));
    graph.node("Identity", Map.of(), List.of("after"), List.of("y"));
    graph.output("after", TensorDatatype.INT64, -1, 1);
    graph.output("y", TensorDatatype.INT64, -1, 1);
    Path home = repository.resolve(MODEL);
    Files.createDirectories(home.resolve("1"));
    graph.write(home.resolve("1").resolve("model.onnx"));
    Files.writeString(
        home.resolve("config.pbtxt"),
        """
        sequence_batching {
          max_sequence_idle_microseconds: 600000000
          state { input_name: "before" output_name: "after" data_type: TYPE_INT64 dims: [1] }
        }
        """);
  }

  /**
   * Where a sequence stands.
   *
   * @param round how often it has begun
   * @param requests that it has had in this round
   * @param total of what was added
   */
  private record Sequence(String name, int round, int requests, long total) {
    Sequence(String name, int round, long total) {
      this(name, round, 0, total);
    }

    Sequence after(long newTotal) {
      return requests + 1 == LENGTH
          ? new Sequence(name, round + 1, 0)
          : new Sequence(name, round, requests + 1, newTotal);
    }
  }

  private record Addition(Sequence sequence, int number) implements Question {
    @Override
    public void ask(InferenceRequest.Builder request) {
      ByteBuffer data = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      data.putLong(number).flip();
      request
          .setModel(MODEL)
          .setInputs(List.of(new Tensor("x", TensorDatatype.INT64, List.of(1L, 1L), data)))
          .setOutputs(List.of("y"))
          .setSequenceId(sequence.name + "-" + sequence.round)
          .setSequenceStart(sequence.requests == 0)
          .setSequenceEnd(sequence.requests == LENGTH - 1);
    }

    @Override
    public boolean right(InferenceResult answer) {
      ByteBuffer data = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      data.putLong(sequence.total + number).flip();
      return answer.getOutputs().size() == 1 && data.equals(answer.getOutputs().get(0).getData());
    }
  }

  @Override
  public @Nullable Question next() {
    Sequence sequence = idle.poll();
    return sequence == null ? null : new Addition(sequence, random.nextInt(NUMBERS));
  }

  @Override
  public void answered(Question question, InferenceResult answer) {
    Addition addition = (Addition) question;
    Sequence sequence = addition.sequence;
    if (answer.getOutcome() == Outcome.OK) {
      idle.add(sequence.after(sequence.total + addition.number));
    } else if (sequence.requests == 0 || sequence.requests == LENGTH - 1) {
      // It has not begun, or whether it has ended nobody knows.
      idle.add(new Sequence(sequence.name, sequence.round + 1, 0));
    } else {
      idle.add(sequence.after(sequence.total));
    }
  }
}
