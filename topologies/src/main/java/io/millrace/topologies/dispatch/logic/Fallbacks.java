package io.millrace.topologies.dispatch.logic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.events.Fallback;
import io.millrace.events.Outcome;
import io.millrace.state.Flight;
import io.millrace.state.Request;
import io.millrace.topologies.guard.logic.Guard;
import io.millrace.topologies.guard.logic.Refusal;
import io.millrace.topologies.plan.logic.PlanInvalid;
import io.millrace.topologies.plan.logic.Template;
import io.millrace.topologies.targets.Target;
import io.millrace.topologies.targets.TargetTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the target that is asked in a flight: the one that was called, or, once that could not
 * answer, the fallbacks that it declares, in their order.
 */
final class Fallbacks {
  private final TargetTable targets;

  Fallbacks(TargetTable targets) {
    this.targets = targets;
  }

  /** The target that is asked now; null if it is not registered (any more). */
  @Nullable Target target(LiveFlight live) {
    Target called = targets.target(live.leader().getTarget());
    int number = live.flight.getFallback();
    if (number == 0 || called == null) {
      return called;
    }
    List<Fallback> fallbacks = called.spec().getFallbacks();
    return number > fallbacks.size() ? null : targets.target(fallbacks.get(number - 1).getTarget());
  }

  /**
   * Whether another target may be asked after this end. Not where the operation may have taken
   * effect, was called off, or has no time left.
   */
  static boolean mayFollow(LiveFlight live, Outcome outcome, long now) {
    boolean failed =
        switch (outcome) {
          case TOOL_ERROR, LOST, CIRCUIT_OPEN, REFUSED -> true;
          case TIMEOUT -> !live.flight.getClaimRequired();
          default -> false;
        };
    return failed && now < live.deadline();
  }

  /**
   * Turns the flight to the next fallback that can take it.
   *
   * @return the fallback; null if there is none left, and the flight stays as it is
   */
  @Nullable Target turnToNext(LiveFlight live, long now) {
    Target called = targets.target(live.leader().getTarget());
    if (called == null) {
      return null;
    }
    List<Fallback> fallbacks = called.spec().getFallbacks();
    for (int number = live.flight.getFallback() + 1; number <= fallbacks.size(); number++) {
      Fallback fallback = fallbacks.get(number - 1);
      Target target = targets.target(fallback.getTarget());
      if (target != null && targets.hasPool(target.spec().getPool())) {
        String arguments = arguments(live.leader(), fallback);
        if (arguments != null && fits(live.leader(), target, arguments, now)) {
          Flight flight = live.flight;
          flight.setFallback(number);
          flight.setAttemptsBefore(flight.getAttempt());
          live.arguments = arguments;
          return target;
        }
      }
    }
    return null;
  }

  /** Arguments for the target that is asked now. */
  String arguments(LiveFlight live) {
    String arguments = live.arguments;
    if (arguments == null) {
      int number = live.flight.getFallback();
      Target called = number == 0 ? null : targets.target(live.leader().getTarget());
      boolean known = called != null && number <= called.spec().getFallbacks().size();
      String mapped =
          known && called != null
              ? arguments(live.leader(), called.spec().getFallbacks().get(number - 1))
              : null;
      arguments = mapped == null ? live.leader().getArguments() : mapped;
      live.arguments = arguments;
    }
    return arguments;
  }

  private static boolean fits(Request request, Target target, String arguments, long now) {
    Request asked = Request.newBuilder(request).build();
    asked.setTarget(target.name());
    asked.setTargetVersion(null);
    asked.setReplyPartition(null);
    asked.setArguments(arguments);
    Refusal refusal =
        Guard.check(asked, new Guard.Circumstances(target, 1, Long.MAX_VALUE, now)).orElse(null);
    return refusal == null;
  }

  private static @Nullable String arguments(Request request, Fallback fallback) {
    String template = fallback.getArguments();
    if (template == null) {
      return request.getArguments();
    }
    try {
      JsonNode given = Template.read(request.getArguments());
      return Template.parse(template).fill(given::get);
    } catch (JsonProcessingException | PlanInvalid e) {
      // What the template asks for is not among these arguments: the next fallback is asked.
      return null;
    }
  }
}
