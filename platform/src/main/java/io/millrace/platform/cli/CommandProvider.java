package io.millrace.platform.cli;

import java.util.List;

/**
 * Adds subcommands to {@code millrace} from other modules; found through {@link
 * java.util.ServiceLoader}.
 */
public interface CommandProvider {

  /** Objects annotated with picocli's {@code @Command}, one per subcommand. */
  List<Object> commands();
}
