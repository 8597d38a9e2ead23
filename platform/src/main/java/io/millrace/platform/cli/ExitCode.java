package io.millrace.platform.cli;

/** The exit codes of every command, which scripts can trust. */
public final class ExitCode {
  /** It did what was asked. */
  public static final int OK = 0;

  /** It was done and the outcome is a failure, or a check did not hold. */
  public static final int FAILED = 1;

  /** The command or a file was not understood; nothing was done. */
  public static final int USAGE = 2;

  /** A broker, a registry or an answer did not come. */
  public static final int UNREACHABLE = 3;

  private ExitCode() {}
}
