package io.millrace.topologies.dispatch;

import io.millrace.events.Tensor;
import io.millrace.state.Request;
import io.millrace.topologies.targets.Target;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call that the guard let through.
 *
 * @param fingerprint its fingerprint; empty while its target is unknown
 * @param target what it asks for; null if that is not registered (yet)
 * @param inputs of a model, where they may travel with the task; null otherwise
 */
public record Admitted(
    Request request, String fingerprint, @Nullable Target target, @Nullable List<Tensor> inputs) {}
