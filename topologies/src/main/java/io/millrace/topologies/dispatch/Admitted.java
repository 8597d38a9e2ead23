package io.millrace.topologies.dispatch;

import io.millrace.state.Request;
import io.millrace.topologies.targets.Target;
import org.jspecify.annotations.Nullable;

/**
 * A call that the guard let through.
 *
 * @param fingerprint its fingerprint; empty while its target is unknown
 * @param target what it asks for; null if that is not registered (yet)
 */
public record Admitted(Request request, String fingerprint, @Nullable Target target) {}
