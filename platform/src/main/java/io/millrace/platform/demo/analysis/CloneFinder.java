package io.millrace.platform.demo.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds runs of lines that repeat an earlier run.
 *
 * <p>Every line becomes a number, every window of the shortest length a polynomial rolling hash
 * (Karp and Rabin, 1987). A window whose hash was seen is compared number by number, so a collision
 * costs time and never a wrong finding; it is then extended as far as both runs agree. At most 16
 * earlier windows are tried and the longest is taken, which keeps the search linear.
 */
final class CloneFinder {

  private static final long BASE = 0x9E3779B97F4A7C15L | 1;
  private static final int MAX_CANDIDATES = 16;
  private static final int NONE = -1;

  /** A run of lines in a file; files count from 0, lines from 1 as they stand in the file. */
  record Place(int file, int firstLine, int lastLine) {}

  /** A run and the earlier run it repeats; {@code lines} counts the compared lines only. */
  record Clone(int lines, Place original, Place copy) {}

  private final int window;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<Integer> fileStarts = new ArrayList<>();
  private int[] line = new int[1024];
  private int[] position = new int[1024];
  private int count;

  CloneFinder(int window) {
    this.window = window;
  }

  /** Begins a file; a run never reaches from one file into the next. */
  void beginFile() {
    fileStarts.add(count);
  }

  /** Adds a normalised line of the current file with its number in the file. */
  void addLine(String text, int number) {
    if (count == line.length) {
      line = Arrays.copyOf(line, count * 2);
      position = Arrays.copyOf(position, count * 2);
    }
    Integer known = numbers.get(text);
    if (known == null) {
      known = numbers.size() + 1;
      numbers.put(text, known);
    }
    line[count] = known;
    position[count++] = number;
  }

  /** Number of lines added. */
  int lines() {
    return count;
  }

  /** All clones in the order of the copies, which never overlap each other or their original. */
  List<Clone> find() {
    List<Clone> clones = new ArrayList<>();
    Map<Long, Integer> newest = new HashMap<>();
    int[] older = new int[count];
    for (int file = 0; file < fileStarts.size(); file++) {
      int end = endOf(file);
      long[] hashes = hashes(fileStarts.get(file), end);
      int i = fileStarts.get(file);
      while (i + window <= end) {
        long hash = hashes[i - fileStarts.get(file)];
        Match best = longest(i, end, newest.getOrDefault(hash, NONE), older);
        int covered = 1;
        if (best.length() >= window) {
          covered = best.length();
          clones.add(
              new Clone(
                  covered,
                  place(fileOf(best.start()), best.start(), covered),
                  place(file, i, covered)));
        }
        // Windows inside the copy stand at the original already; those reaching out of it do not.
        int first = covered == 1 ? i : Math.max(i, i + covered - window + 1);
        for (int j = first; j < i + covered && j + window <= end; j++) {
          Integer previous = newest.put(hashes[j - fileStarts.get(file)], j);
          older[j] = previous == null ? NONE : previous;
        }
        i += covered;
      }
    }
    return clones;
  }

  private record Match(int start, int length) {}

  private Match longest(int at, int end, int newestCandidate, int[] older) {
    Match best = new Match(NONE, 0);
    int candidate = newestCandidate;
    for (int tried = 0; candidate != NONE && tried < MAX_CANDIDATES; tried++) {
      int limit =
          Math.min(Math.min(end - at, at - candidate), endOf(fileOf(candidate)) - candidate);
      int length = 0;
      while (length < limit && line[candidate + length] == line[at + length]) {
        length++;
      }
      if (length >= best.length()) {
        best = new Match(candidate, length);
      }
      candidate = older[candidate];
    }
    return best;
  }

  private long[] hashes(int start, int end) {
    int windows = Math.max(0, end - start - window + 1);
    long[] hashes = new long[windows];
    long power = 1;
    for (int i = 1; i < window; i++) {
      power *= BASE;
    }
    long hash = 0;
    for (int i = start; i < end; i++) {
      if (i - start >= window) {
        hash -= line[i - window] * power;
      }
      hash = hash * BASE + line[i];
      if (i - start >= window - 1) {
        hashes[i - start - window + 1] = hash;
      }
    }
    return hashes;
  }

  private Place place(int file, int start, int length) {
    return new Place(file, position[start], position[start + length - 1]);
  }

  private int endOf(int file) {
    return file + 1 < fileStarts.size() ? fileStarts.get(file + 1) : count;
  }

  private int fileOf(int lineIndex) {
    int low = 0;
    int high = fileStarts.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (fileStarts.get(middle) <= lineIndex) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
