package io.millrace.benchmarks.drill;

import io.millrace.benchmarks.client.Connection;
import java.util.List;

/** The processes of a drill, and what is done to them. */
interface Scenario extends AutoCloseable {

  /** How clients reach the platform; stays the same through every restart. */
  Connection connection();

  /** Workers that run now. */
  List<String> workers();

  /**
   * Kills with {@code kill -9} what the drill is about and starts it again.
   *
   * @param worker the one that runs a non-idempotent task at this moment
   * @param killed to be called right after the kill, with the worker whose tasks it hit
   */
  void kill(String worker, java.util.function.Consumer<String> killed);

  /** Stops in order and starts again; false if this drill has none of that. */
  default boolean restart(Runnable stopping) {
    return false;
  }

  @Override
  void close();
}
