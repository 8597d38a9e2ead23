package io.millrace.benchmarks.drill;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that is known after a drill.
 *
 * @param calls what was sent, by operation id
 * @param answeredAt when the first answer was received, Unix milliseconds, by operation id
 * @param answers all answers in {@code tool.results}, by operation id
 * @param effects how many lines each operation appended
 * @param kills in order
 * @param restarts when the platform was asked to stop in order, Unix milliseconds
 * @param running the non-idempotent operations that ran under a claim at each kill, by the log
 * @param claimedAtKills how many operations were claimed and not done at a kill, begun or not
 */
record Evidence(
    Map<String, SentCall> calls,
    Map<String, Long> answeredAt,
    Map<String, List<Answer>> answers,
    Map<String, Integer> effects,
    List<Kill> kills,
    List<Long> restarts,
    List<Set<String>> running,
    int claimedAtKills) {}
