package io.millrace.platform.demo.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Finds credentials that were left in files; those outside tests are listed first. */
final class Secrets implements Analysis {

  private record Finding(String path, boolean inTests, SecretScanner.Secret secret) {}

  @Override
  public String name() {
    return "secrets";
  }

  @Override
  public String description() {
    return "Finds keys, tokens and passwords left in files, and shows only their first characters.";
  }

  @Override
  public ObjectNode run(Path root, AnalysisOptions options) throws IOException {
    List<Finding> findings = new ArrayList<>();
    SourceTree tree =
        SourceTree.read(
            root,
            options.limits(),
            file ->
                new SecretScanner(
                        secret -> findings.add(new Finding(file.path(), file.inTests(), secret)))
                    .scan(file.text()));
    Map<String, Integer> kinds = new TreeMap<>();
    findings.forEach(f -> kinds.merge(f.secret().kind(), 1, Integer::sum));
    ObjectNode result = Report.of(this);
    ObjectNode summary = result.putObject("summary");
    summary.put("findings", findings.size());
    summary.put("in_tests", findings.stream().filter(Finding::inTests).count());
    summary.put("files", findings.stream().map(Finding::path).distinct().count());
    ObjectNode byKind = result.putObject("kinds");
    kinds.forEach(byKind::put);
    ArrayNode list = result.putArray("findings");
    findings.stream()
        .sorted(Comparator.comparing(Finding::inTests))
        .limit(options.top())
        .forEach(
            f ->
                list.addObject()
                    .put("kind", f.secret().kind())
                    .put("path", Report.text(f.path()))
                    .put("line", f.secret().line())
                    .put("redacted", Report.text(f.secret().redacted()))
                    .put("in_tests", f.inTests()));
    tree.describe(result);
    return result;
  }
}
