package io.millrace.topologies.ensemble.logic;

import io.millrace.events.EnsembleCandidate;
import io.millrace.events.EnsembleStep;
import io.millrace.events.SplitStatus;
import io.millrace.schemas.identity.Ids;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The verdicts on splits as this instance knows them; read by every stream thread. */
public final class SplitTable {
  private final Map<String, SplitStatus> byKey = new ConcurrentHashMap<>();

  /** The key of a split: its ensemble and its step. */
  public static String key(String ensemble, String step) {
    return ensemble + "/" + step;
  }

  /** A hash of how a step is declared: what was counted of another declaration does not count. */
  public static String declared(EnsembleStep step) {
    List<String> parts = new ArrayList<>();
    parts.add(step.getPolicy().name());
    for (EnsembleCandidate candidate : step.getCandidates()) {
      parts.add(candidate.getTarget());
      parts.add(Double.toString(candidate.getWeight()));
    }
    parts.add(new TreeMap<>(step.getNumbers()).toString());
    return Ids.derived(parts.toArray(String[]::new));
  }

  /** Takes a record of the topic of splits; null removes it. */
  public void put(String key, @Nullable SplitStatus status) {
    if (status == null) {
      byKey.remove(key);
    } else {
      byKey.put(key, status);
    }
  }

  /** The number of the model that gets all calls of a step; below 0: there is no verdict. */
  int serving(String ensemble, EnsembleStep step) {
    SplitStatus status = byKey.get(key(ensemble, step.getName()));
    if (status == null
        || status.getServing().isEmpty()
        || !status.getDeclared().equals(declared(step))) {
      return -1;
    }
    for (int i = 0; i < step.getCandidates().size(); i++) {
      if (step.getCandidates().get(i).getTarget().equals(status.getServing())) {
        return i;
      }
    }
    return -1;
  }
}
