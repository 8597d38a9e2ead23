package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.requests.BenchmarkModels;
import io.millrace.events.InferenceRequest;
import io.millrace.events.InferenceResult;
import io.millrace.events.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Models in turns, each asked one of a few inputs; right is what the model gives by itself. */
final class ModelQuestions implements Questions {
  private static final int INPUTS = 32;

  private final List<ExpectedOutputs> models = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom();
  private int asked;

  ModelQuestions(List<BenchmarkModels.Model> models) {
    for (BenchmarkModels.Model model : models) {
      List<List<Tensor>> inputs = new ArrayList<>();
      for (int i = 0; i < INPUTS; i++) {
        inputs.add(model.inputs(i));
      }
      this.models.add(ExpectedOutputs.of(model.name(), model.file(), inputs));
    }
  }

  private record Row(ExpectedOutputs model, int input) implements Question {
    @Override
    public void ask(InferenceRequest.Builder request) {
      request.setModel(model.name()).setInputs(model.inputs(input));
    }

    @Override
    public boolean right(InferenceResult answer) {
      return model.matches(input, answer.getOutputs());
    }
  }

  @Override
  public Question next() {
    return new Row(models.get(asked++ % models.size()), random.nextInt(INPUTS));
  }

  @Override
  public void answered(Question question, InferenceResult answer) {
    // What is asked next does not depend on it.
  }
}
