package io.millrace.inference;

import io.millrace.events.TargetSpec;
import io.millrace.events.Tensor;
import io.millrace.events.TensorSignature;
import io.millrace.inference.batch.Lane;
import io.millrace.inference.batch.logic.BatchQueue.Entry;
import io.millrace.inference.repository.Contract;
import io.millrace.inference.repository.Signature;
import io.millrace.inference.runtime.Inputs;
import io.millrace.inference.runtime.ModelSession;
import io.millrace.inference.runtime.Request;
import io.millrace.worker.task.Cancellation;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model version that is loaded and warm: its session, the lane before it and its memory. */
final class LoadedModel implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LoadedModel.class);

  private final TargetSpec declaration;
  private final ModelSession session;
  private final Contract contract;
  private final Lane<Request> lane;
  private final long waitNanos;
  private final Runnable freed;

  /**
   * A model to be called.
   *
   * @param contract what it is for those who call it
   * @param waitNanos longest wait of a request for its batch, nanoseconds; 0: until its deadline
   * @param freed is run once the model is unloaded
   */
  LoadedModel(
      TargetSpec declaration,
      ModelSession session,
      Contract contract,
      Lane<Request> lane,
      long waitNanos,
      Runnable freed) {
    this.waitNanos = waitNanos;
    this.declaration = declaration;
    this.session = session;
    this.contract = contract;
    this.lane = lane;
    this.freed = freed;
  }

  /** As it was loaded. */
  TargetSpec declaration() {
    return declaration;
  }

  /** What it runs on. */
  String device() {
    return session.device();
  }

  /** How many requests wait for it. */
  int waiting() {
    return lane.waiting();
  }

  /**
   * Takes a request; does not block.
   *
   * @param given the inputs
   * @param outputs names of those that are wanted; empty: all
   * @param priority 1 is the most urgent; 0: the default
   * @param deadline after this it is not begun, {@link System#nanoTime}
   * @param cancellation takes it out again if it has not begun
   * @throws ModelException if the inputs do not do or the queue is full
   */
  Request submit(
      List<Tensor> given,
      List<String> outputs,
      int priority,
      long deadline,
      Cancellation cancellation) {
    return submit(given, wanted(outputs), priority, deadline, cancellation::onCancel);
  }

  /**
   * Takes a run of the model itself; does not block.
   *
   * @param given the model's inputs, those that callers do not see included
   * @param wanted names of the model's outputs that are wanted; empty: all
   * @param priority 1 is the most urgent; 0: the default
   * @param deadline after this it is not begun, {@link System#nanoTime}
   * @param callOff is given what takes it out again if it has not begun
   * @throws ModelException if the inputs do not do or the queue is full
   */
  Request submit(
      List<Tensor> given,
      Set<String> wanted,
      int priority,
      long deadline,
      Consumer<Runnable> callOff) {
    Signature signature = session.signature();
    Inputs inputs = Inputs.check(session.name(), signature, given);
    if (signature.batchMax() == 0 && inputs.rows() != 1) {
      throw new IllegalStateException("A model without batch dimension has one row");
    }
    Request request = new Request(inputs, wanted);
    long latest = waitNanos == 0 ? deadline : Math.min(deadline, System.nanoTime() + waitNanos);
    Entry<Request> entry = lane.submit(request, inputs.rows(), inputs.shape(), priority, latest);
    callOff.accept(
        () -> {
          lane.cancel(entry);
          request.fail(new ModelException("CANCELLED", "The request was called off", false));
        });
    return request;
  }

  /**
   * Checks inputs as a caller gives them.
   *
   * @throws ModelException if they do not do
   */
  void check(List<Tensor> given) {
    Inputs.check(
        session.name(), new Signature(contract.asked().inputs(), List.of(), batchMax()), given);
  }

  private int batchMax() {
    return session.signature().batchMax();
  }

  /** Whether it has a batch dimension. */
  boolean batched() {
    return batchMax() > 0;
  }

  /** What it is for those who call it. */
  Contract contract() {
    return contract;
  }

  /** One of the model's own inputs. */
  TensorSignature input(String name) {
    return session.signature().inputs().stream()
        .filter(input -> input.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No input is called " + name));
  }

  /**
   * The outputs that a caller wants; empty: all of them.
   *
   * @throws ModelException if there is none of a name
   */
  Set<String> wanted(List<String> outputs) {
    if (outputs.isEmpty()) {
      return Set.of();
    }
    Set<String> known =
        contract.asked().outputs().stream().map(end -> end.getName()).collect(Collectors.toSet());
    for (String output : outputs) {
      if (!known.contains(output)) {
        throw ModelException.input(
            "unknown output '%s'; %s has %s"
                .formatted(output, session.name(), new TreeSet<>(known)));
      }
    }
    return Set.copyOf(outputs);
  }

  /**
   * Takes no more requests and fails those that wait.
   *
   * @param why null: it was unloaded here, another worker may have it
   */
  void refuse(@Nullable ModelException why) {
    lane.refuse().forEach(request -> request.fail(why == null ? lane.unloaded() : why));
  }

  /** Takes no more requests, serves those that wait, and unloads the model. */
  @Override
  public void close() {
    if (!lane.end()) {
      // What runs would run on memory that is gone, and end the process.
      LOG.error("{} does not end what it runs; its memory stays taken", session.name());
      return;
    }
    session.close();
    freed.run();
  }
}
