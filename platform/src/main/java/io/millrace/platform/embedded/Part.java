package io.millrace.platform.embedded;

/**
 * Something that runs on the embedded platform beside broker and registry: topologies, a worker.
 *
 * <p>All parts are started in their order, then all are waited for, so {@link #start} should return
 * before the part is ready where that takes long. They are closed in the reverse order, while the
 * broker still runs.
 */
public interface Part extends AutoCloseable {

  /** Short and stable, such as {@code operations}; named in {@code /readyz} and in messages. */
  String name();

  /** Starts it; the topics of the catalogue exist. Called once. */
  void start(Endpoints endpoints);

  /**
   * Whether it does its work. Asked by several threads, also before the start; must not block.
   *
   * @throws PlatformStartException if it never will, since its start failed
   */
  boolean ready();

  /** Where it is reached by HTTP once it was started; empty if it is not. */
  default String url() {
    return "";
  }

  /** Stops it and waits for that. Called once, also after a start that failed. */
  @Override
  void close();
}
