package io.millrace.benchmarks.metastable;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which controls are on.
 *
 * @param retryBudget retries are a share of calls; off: as many as attempts allow
 * @param circuit the circuit opens
 * @param throttle attempts at what fails are refused before they are sent
 * @param adaptiveTimeout timeouts follow run times
 * @param concurrencyLimit workers run fewer at once when runs get slow
 * @param hedge slow attempts get a second one
 */
record Switches(
    boolean retryBudget,
    boolean circuit,
    boolean throttle,
    boolean adaptiveTimeout,
    boolean concurrencyLimit,
    boolean hedge) {

  static Switches allOn() {
    return new Switches(true, true, true, true, true, true);
  }

  /** A fixed timeout and three retries. */
  static Switches naive() {
    return new Switches(false, false, false, false, false, false);
  }

  /** All on but one, by the name of that one. */
  static Map<String, Switches> withoutOne() {
    Map<String, Switches> without = new LinkedHashMap<>();
    without.put("retry_budget", new Switches(false, true, true, true, true, true));
    without.put("circuit", new Switches(true, false, true, true, true, true));
    without.put("throttle", new Switches(true, true, false, true, true, true));
    without.put("adaptive_timeout", new Switches(true, true, true, false, true, true));
    without.put("concurrency_limit", new Switches(true, true, true, true, false, true));
    without.put("hedge", new Switches(true, true, true, true, true, false));
    return without;
  }
}
