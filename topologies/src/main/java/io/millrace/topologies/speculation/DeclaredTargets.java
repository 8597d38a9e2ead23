package io.millrace.topologies.speculation;

import io.millrace.topologies.speculation.logic.Declared;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;

/** What the registered targets are declared to be; a target that is not registered may write. */
record DeclaredTargets(TargetTable targets) implements Declared {

  @Override
  public boolean readOnly(String target) {
    Target declared = targets.target(target);
    return declared != null && declared.spec().getReadOnly();
  }

  @Override
  public boolean speculative(String target) {
    Target declared = targets.target(target);
    return declared != null && declared.speculative();
  }

  @Override
  public long freshMillis(String target) {
    Target declared = targets.target(target);
    Long ttl = declared == null ? null : declared.spec().getCacheTtlMs();
    return ttl == null ? 0 : ttl;
  }
}
