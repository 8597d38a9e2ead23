package io.millrace.platform.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the person who runs the demo decides.
 *
 * @param source the tree that is analysed
 * @param timed how long the timed part may take, {@link #TIMED_MIN} to {@link #TIMED_MAX}
 * @param areas names of what is shown, of {@link Demo#areas}
 * @param data where the platform keeps its data; null: a temporary directory that is removed
 */
public record DemoOptions(Path source, Duration timed, Set<String> areas, @Nullable Path data) {

  /** What the fixed waits of the fault steps leave room for. */
  public static final Duration TIMED_MIN = Duration.ofSeconds(15);

  /** Longest timed part. */
  public static final Duration TIMED_MAX = Duration.ofMinutes(10);
}
