package io.millrace.platform.cli;

import org.jspecify.annotations.Nullable;

/** Ends a command with one clear line for its user and an exit code. */
public final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  /**
   * Ends a command.
   *
   * @param exitCode of {@link ExitCode}
   * @param message what was given, what was expected, what to do
   * @param cause shown with {@code --verbose} only
   */
  public CommandException(int exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** Ends a command that was not understood. */
  public static CommandException usage(String message) {
    return new CommandException(ExitCode.USAGE, message, null);
  }

  /** Ends a command that did not succeed. */
  public static CommandException failed(String message) {
    return new CommandException(ExitCode.FAILED, message, null);
  }

  /** Ends a command that reached nobody. */
  public static CommandException unreachable(String message, @Nullable Throwable cause) {
    return new CommandException(ExitCode.UNREACHABLE, message, cause);
  }

  /** The process's exit code. */
  public int exitCode() {
    return exitCode;
  }
}
