package io.millrace.platform.cli;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Says how far something has come, once it has taken over two seconds: on a terminal by overwriting
 * one line, elsewhere by a line now and then.
 */
final class Progress implements AutoCloseable {
  private static final long FIRST_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long TERMINAL_NANOS = Duration.ofMillis(200).toNanos();
  private static final long PLAIN_NANOS = Duration.ofSeconds(5).toNanos();

  private final OutputOptions output;
  private final LongSupplier nanos;
  private final long start;
  private long next;
  private boolean shown;

  Progress(OutputOptions output) {
    this(output, System::nanoTime);
  }

  Progress(OutputOptions output, LongSupplier nanos) {
    this.output = output;
    this.nanos = nanos;
    this.start = nanos.getAsLong();
    this.next = start + FIRST_NANOS;
  }

  /** Shows the text if it is time to. */
  void tick(Supplier<String> text) {
    long now = nanos.getAsLong();
    if (now - next < 0) {
      return;
    }
    boolean terminal = output.terminal().errColour();
    next = now + (terminal ? TERMINAL_NANOS : PLAIN_NANOS);
    String line = "%s (%d s)".formatted(text.get(), (now - start) / 1_000_000_000L);
    if (terminal) {
      output.err().print("\r\u001b[2K" + line);
      shown = true;
    } else {
      output.err().println(line);
    }
    output.err().flush();
  }

  /** Takes the overwritten line away. */
  @Override
  public void close() {
    if (shown) {
      output.err().print("\r\u001b[2K");
      output.err().flush();
      shown = false;
    }
  }
}
