package io.millrace.topologies.health.patterns.logic;

import io.millrace.events.FailurePattern;
import io.millrace.topologies.memory.logic.Memory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells from successes and failures whether a target fails persistently or intermittently.
 *
 * <p>A Bernoulli CUSUM (E. S. Page, "Continuous Inspection Schemes", Biometrika 1954; M. R.
 * Reynolds, Z. G. Stoumbos, "A CUSUM chart for monitoring a proportion when inspecting
 * continuously", 1999) adds up the log-likelihood ratio of an ill share of failures against the
 * healthy one and starts again at zero; from there an <em>episode</em> begins. The mean number of
 * attempts between false alarms is at least e<sup>h</sup> for threshold h (G. Lorden, 1971). No
 * step weighs more than a share of h, so that a single glitch or one bad record alarms nobody. The
 * healthy share is learnt while all is well.
 *
 * <p>An episode ends when a second such test, of health against half of the attempts failing, is
 * sure of health. PERSISTENT is an episode of more than a minute in which most attempts fail, to
 * the last; INTERMITTENT is strong evidence of a lesser share for a minute, or a second episode
 * within twenty minutes.
 */
final class FailureDetector {
  private static final double CROSSING = 7;
  private static final double SURE = 12;
  private static final double STEP_MAX = CROSSING / 3;
  private static final double SUM_MAX = 40;
  private static final double HEALTHY_MIN = 0.03;
  private static final double HEALTHY_MAX = 0.3;
  private static final double ILL_FACTOR = 4;
  private static final double ILL_SHARE_MIN = 0.07;
  private static final double MEMORY_ATTEMPTS = 2_000;
  private static final long PERSISTENT_MILLIS = 90_000;
  private static final long INTERMITTENT_MILLIS = 60_000;
  private static final long UNDECIDED_MILLIS = 300_000;
  private static final long RECENT_MILLIS = 20_000;
  private static final int RECENT_ATTEMPTS = 8;
  private static final int RECENT_MAX = 64;
  private static final long APART_MILLIS = 30_000;
  private static final long AGAIN_MILLIS = 1_200_000;

  private record Tally(long fromMillis, long ok, long failed) {
    static final Tally NONE = new Tally(0, 0, 0);
  }

  private final Deque<Tally> recent = new ArrayDeque<>();
  private double baseline = 0.005;
  private double ill;
  private double well;
  private double peak;
  private long onset;
  private long ok;
  private long failed;
  private boolean episode;
  private long formerOnset = Long.MIN_VALUE;
  private double formerPeak;
  private long illAt = Long.MIN_VALUE;
  private long now;

  /** Takes the next step. */
  void step(Step step) {
    now = step.untilMillis();
    if (step.ended() == 0) {
      return;
    }
    double healthy = Math.min(HEALTHY_MAX, Math.max(HEALTHY_MIN, 1.5 * baseline));
    double bad = ILL_FACTOR * healthy / (1 + (ILL_FACTOR - 1) * healthy);
    weigh(step, healthy, bad);
    remember(step);
    if (ill >= CROSSING && well < CROSSING && share() >= ILL_SHARE_MIN) {
      illAt = now;
      episode = true;
      peak = Math.max(peak, ill);
    } else if (episode && well >= CROSSING) {
      formerOnset = onset;
      formerPeak = peak;
      episode = false;
      peak = 0;
      ill = 0;
    }
    if (ill < CROSSING / 4) {
      double weight = 1 - Math.exp(-step.ended() / MEMORY_ATTEMPTS);
      baseline += weight * ((double) step.failed / step.ended() - baseline);
    }
  }

  private void weigh(Step step, double healthy, double bad) {
    double ratio =
        step.failed * Math.log(bad / healthy) + step.ok * Math.log((1 - bad) / (1 - healthy));
    if (ill == 0 && ratio > 0) {
      onset = step.fromMillis;
      ok = 0;
      failed = 0;
    }
    ill = Math.min(SUM_MAX, Math.max(0, ill + Math.min(STEP_MAX, ratio)));
    ok += step.ok;
    failed += step.failed;
    double wellRatio =
        step.ok * Math.log((1 - healthy) / 0.5) + step.failed * Math.log(healthy / 0.5);
    well = Math.min(2 * CROSSING, Math.max(0, well + Math.min(CROSSING / 2, wellRatio)));
  }

  private void remember(Step step) {
    recent.addFirst(new Tally(step.fromMillis, step.ok, step.failed));
    if (recent.size() > RECENT_MAX) {
      recent.removeLast();
    }
  }

  private double share() {
    return (double) failed / (ok + failed);
  }

  /** Share of failures among the last attempts: of twenty seconds, and eight at least. */
  private double recentShare() {
    long all = 0;
    long bad = 0;
    for (Tally tally : recent) {
      if (all >= RECENT_ATTEMPTS && tally.fromMillis < now - RECENT_MILLIS) {
        break;
      }
      all += tally.ok + tally.failed;
      bad += tally.failed;
    }
    return (double) bad / all;
  }

  /** The clock was set back: what is remembered moves with it. */
  void setBack(long millis) {
    List<Tally> earlier =
        recent.stream().map(t -> new Tally(t.fromMillis - millis, t.ok, t.failed)).toList();
    recent.clear();
    recent.addAll(earlier);
    onset -= millis;
    formerOnset -= formerOnset == Long.MIN_VALUE ? 0 : millis;
    illAt -= illAt == Long.MIN_VALUE ? 0 : millis;
  }

  void remember(Memory memory) {
    List<Tally> tallies =
        memory.list(
            List.copyOf(recent),
            3 * Long.BYTES,
            Tally.NONE,
            t -> new Tally(memory.count(t.fromMillis), memory.count(t.ok), memory.count(t.failed)));
    recent.clear();
    recent.addAll(tallies);
    baseline = memory.number(baseline);
    ill = memory.number(ill);
    well = memory.number(well);
    peak = memory.number(peak);
    onset = memory.count(onset);
    ok = memory.count(ok);
    failed = memory.count(failed);
    episode = memory.flag(episode);
    formerOnset = memory.count(formerOnset);
    formerPeak = memory.number(formerPeak);
    illAt = memory.count(illAt);
    now = memory.count(now);
  }

  /** The pattern that the failures make now, or null. */
  @Nullable Finding finding() {
    if (!episode || ill < CROSSING) {
      return null;
    }
    long lasted = now - onset;
    if (formerOnset != Long.MIN_VALUE
        && onset - formerOnset >= APART_MILLIS
        && onset - formerOnset <= AGAIN_MILLIS) {
      return found(
          FailurePattern.INTERMITTENT,
          formerOnset,
          formerPeak + ill,
          "fails again %d s after it had recovered".formatted((onset - formerOnset) / 1_000));
    }
    if (ill < SURE) {
      return null;
    }
    double share = share();
    // How far from half the share must be to be told from it, by its standard error.
    double doubt = lasted >= UNDECIDED_MILLIS ? 0 : 0.75 / Math.sqrt((double) (ok + failed));
    if (lasted >= PERSISTENT_MILLIS && share >= 0.5 + doubt && recentShare() >= 0.5) {
      return found(
          FailurePattern.PERSISTENT,
          onset,
          ill,
          "%.0f %% of %d attempts failed for %d s, without recovery"
              .formatted(100 * share, ok + failed, lasted / 1_000));
    }
    if (lasted >= INTERMITTENT_MILLIS && share <= 0.5 - doubt) {
      return found(
          FailurePattern.INTERMITTENT,
          onset,
          ill,
          "%.0f %% of %d attempts failed over %d s, among others that succeeded"
              .formatted(100 * share, ok + failed, lasted / 1_000));
    }
    return null;
  }

  private Finding found(FailurePattern pattern, long from, double nats, String reason) {
    return new Finding(
        pattern,
        from,
        nats,
        reason,
        Map.of(
            "attempts", Long.toString(ok + failed),
            "failed", Long.toString(failed),
            "healthy_share", String.format(Locale.ROOT, "%.4f", baseline)));
  }

  /** Whether failures are out of the ordinary now, named or not. */
  boolean ill() {
    return episode || (ill >= CROSSING / 2 && share() >= ILL_SHARE_MIN);
  }

  /** Whether an episode is under way. */
  boolean episode() {
    return episode;
  }

  /** When what is {@link #ill} began, milliseconds since the epoch. */
  long onset() {
    return onset;
  }

  /** Weight of the present episode. */
  double nats() {
    return ill;
  }

  /** Whether no failure was out of the ordinary for so long, and attempts show it. */
  boolean wellFor(long millis) {
    return !episode && well >= CROSSING && now - illAt >= millis;
  }
}
