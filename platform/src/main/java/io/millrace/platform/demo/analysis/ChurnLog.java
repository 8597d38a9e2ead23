package io.millrace.platform.demo.analysis;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The content of {@code git log --numstat} with a header line {@code \x01SECONDS AUTHOR} per
 * commit.
 *
 * @param commits number of commits
 * @param authors number of distinct authors
 * @param firstSecond time of the earliest commit in seconds since 1970, 0 without commits
 * @param lastSecond time of the latest commit
 * @param files changes per path; binary files count commits and no lines
 */
record ChurnLog(
    int commits, int authors, long firstSecond, long lastSecond, Map<String, FileChurn> files) {

  /** How often a file was changed, and by how many lines. */
  record FileChurn(int commits, long added, long deleted) {

    FileChurn plus(FileChurn other) {
      return new FileChurn(commits + other.commits, added + other.added, deleted + other.deleted);
    }
  }

  /**
   * Reads a log.
   *
   * @param partial whether the end may be missing, so that the last line is not to be trusted
   */
  static ChurnLog parse(String log, boolean partial) {
    String text = partial ? log.substring(0, log.lastIndexOf('\n') + 1) : log;
    Map<String, FileChurn> files = new HashMap<>();
    Set<String> authors = new HashSet<>();
    int commits = 0;
    long first = Long.MAX_VALUE;
    long last = 0;
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("\u0001")) {
        int space = line.indexOf(' ');
        long second = number(space < 0 ? line.substring(1) : line.substring(1, space));
        commits++;
        first = Math.min(first, second);
        last = Math.max(last, second);
        authors.add(space < 0 ? "" : line.substring(space + 1));
        continue;
      }
      String[] columns = line.split("\t", 3);
      if (columns.length == 3) {
        FileChurn change = new FileChurn(1, number(columns[0]), number(columns[1]));
        files.merge(columns[2], change, FileChurn::plus);
      }
    }
    return new ChurnLog(commits, authors.size(), commits == 0 ? 0 : first, last, Map.copyOf(files));
  }

  /** The number as git writes it; {@code -} stands for a binary file's lines and counts as 0. */
  private static long number(String digits) {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException notANumber) {
      return 0;
    }
  }
}
