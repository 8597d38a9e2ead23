package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;

/** Counts how often and how much each file was changed in the latest commits. */
final class GitChurn implements Analysis {

  private static final int MAX_COMMITS = 5_000;

  private final Map<String, String> environment;

  GitChurn() {
    this(Map.of());
  }

  /** With settings for git's environment, by which a test fences off the repository around it. */
  GitChurn(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public String name() {
    return "git-churn";
  }

  @Override
  public String description() {
    return "Counts the changes of each file in the latest 5,000 commits, if the tree is in git.";
  }

  @Override
  public ObjectNode run(Path root, AnalysisOptions options) throws IOException {
    if (!Files.isDirectory(root)) {
      throw new IllegalArgumentException(
          "'" + root + "' is not a directory: give the folder whose sources should be analysed");
    }
    GitCommand git = new GitCommand(root, options.gitTimeout(), environment);
    ObjectNode result = Report.of(this);
    GitCommand.Output repository;
    try {
      repository = git.run(true, "rev-parse", "--is-inside-work-tree", "--is-shallow-repository");
    } catch (IOException e) {
      return without(result, "git could not be started: " + e.getMessage());
    }
    if (repository.timedOut()) {
      return without(result, "git took longer than " + options.gitTimeout().toMillis() + " ms");
    }
    String[] answers = repository.output().strip().split("\n", 2);
    if (repository.exitCode() != 0 || !answers[0].equals("true")) {
      return without(result, "not a git work tree: " + answers[0]);
    }
    GitCommand.Output log =
        git.run(
            false,
            "log",
            "--numstat",
            "--relative",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-mailmap",
            "--no-color",
            "--max-count=" + MAX_COMMITS,
            "--format=%x01%at %ae",
            "--",
            ".");
    boolean partial = log.timedOut() || log.truncated();
    if (log.exitCode() != 0 && !partial) {
      return without(result, "git has no commits to read here");
    }
    ChurnLog churn = ChurnLog.parse(log.output(), partial);
    describe(result, churn, answers.length > 1 && answers[1].equals("true"), partial, options);
    return result;
  }

  private static ObjectNode without(ObjectNode result, String reason) {
    result.putObject("summary").put("git", false).put("reason", Report.text(reason));
    return result;
  }

  private static void describe(
      ObjectNode result,
      ChurnLog churn,
      boolean shallow,
      boolean partial,
      AnalysisOptions options) {
    ObjectNode summary = result.putObject("summary");
    summary.put("git", true);
    summary.put("commits", churn.commits());
    summary.put("authors", churn.authors());
    summary.put("files_changed", churn.files().size());
    summary.put("lines_added", churn.files().values().stream().mapToLong(f -> f.added()).sum());
    summary.put("lines_deleted", churn.files().values().stream().mapToLong(f -> f.deleted()).sum());
    if (churn.commits() > 0) {
      summary.put("first_commit", Instant.ofEpochSecond(churn.firstSecond()).toString());
      summary.put("last_commit", Instant.ofEpochSecond(churn.lastSecond()).toString());
    }
    summary.put("shallow", shallow);
    summary.put("truncated", partial || churn.commits() >= MAX_COMMITS);
    ArrayNode files = result.putArray("most_changed");
    churn.files().entrySet().stream()
        .sorted(
            Comparator.<Map.Entry<String, ChurnLog.FileChurn>>comparingInt(
                    e -> -e.getValue().commits())
                .thenComparingLong(e -> -e.getValue().added() - e.getValue().deleted())
                .thenComparing(Map.Entry::getKey))
        .limit(options.top())
        .forEach(
            e ->
                files
                    .addObject()
                    .put("path", Report.text(e.getKey()))
                    .put("commits", e.getValue().commits())
                    .put("added", e.getValue().added())
                    .put("deleted", e.getValue().deleted()));
  }
}
