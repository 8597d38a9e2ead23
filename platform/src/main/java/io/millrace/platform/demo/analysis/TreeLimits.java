package io.millrace.platform.demo.analysis;

/**
 * How much of a tree an analysis reads before it stops and says that it stopped.
 *
 * @param maxFiles most files read
 * @param maxFileBytes a larger file is skipped and counted
 * @param maxTotalBytes most bytes read over all files
 * @param maxEntries most directory entries looked at, files and directories, skipped ones included
 * @param maxDepth deepest directory below the root
 */
public record TreeLimits(
    int maxFiles, int maxFileBytes, long maxTotalBytes, int maxEntries, int maxDepth) {

  /** 50,000 files, 1 MiB each, 512 MiB in all, 500,000 entries, 64 levels. */
  public static final TreeLimits DEFAULT = new TreeLimits(50_000, 1 << 20, 512L << 20, 500_000, 64);

  public TreeLimits {
    if (maxFiles < 1 || maxFileBytes < 1 || maxTotalBytes < 1 || maxEntries < 1 || maxDepth < 1) {
      throw new IllegalArgumentException("every limit of a source tree must be at least 1");
    }
    if (maxFileBytes > 16 << 20) {
      throw new IllegalArgumentException(
          "maxFileBytes is " + maxFileBytes + ", expected at most 16 MiB");
    }
  }
}
