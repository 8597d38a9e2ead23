package io.millrace.topologies.ensemble.logic;

/**
 * Tells whether a canary fails as often as the stable model, from counts that may be looked at
 * after every call.
 *
 * <p>Each model's failure rate has a confidence sequence: an interval that holds the true rate at
 * all times together with the chosen probability, so that looking often and stopping when it suits
 * does no harm. It is the set of rates {@code p} at which the beta-binomial mixture martingale
 *
 * <pre>B(½+f, ½+n−f) / B(½, ½) / (p^f (1−p)^(n−f))</pre>
 *
 * after {@code n} calls with {@code f} failures is below {@code 1/α}; by Ville's inequality the
 * true rate is ever outside with probability at most {@code α}. Each of the two gets half of it.
 * The canary is returned once its whole interval lies above the stable one's, and promoted once the
 * most it can fail is the least the stable one can, or is above that by no more than the margin.
 *
 * <p>References: H. Robbins, Statistical methods related to the law of the iterated logarithm,
 * Annals of Mathematical Statistics 41, 1970; S. Howard et al., Time-uniform, nonparametric,
 * nonasymptotic confidence sequences, Annals of Statistics 49, 2021.
 */
public final class CanaryTrial {
  private static final double PRIOR = 0.5;
  private static final int BISECTIONS = 50;
  private static final double HALF_LOG_TWO_PI = 0.9189385332046727;

  private final double margin;
  private final double alpha;

  /** What the counts show. */
  public enum Verdict {
    /** Not enough yet. */
    OPEN,
    /** The canary fails more often than the stable model. */
    WORSE,
    /** The canary fails no more often than the stable model, but for the margin. */
    NOT_WORSE
  }

  /**
   * Rates between which the true one lies.
   *
   * @param low 0 to 1
   * @param high 0 to 1, not below low
   */
  public record Interval(double low, double high) {}

  /**
   * A test.
   *
   * @param margin by how much the canary's failure rate may be higher, above 0
   * @param confidence probability that no verdict is ever wrong, above 0 and below 1
   */
  public CanaryTrial(double margin, double confidence) {
    this.margin = margin;
    this.alpha = 1 - confidence;
  }

  /** Judges by all that was counted so far. */
  public Verdict judge(long calls, long failures, long canaryCalls, long canaryFailures) {
    Interval stable = interval(calls, failures, alpha / 2);
    Interval canary = interval(canaryCalls, canaryFailures, alpha / 2);
    if (canary.low() > stable.high()) {
      return Verdict.WORSE;
    }
    return canary.high() - stable.low() <= margin ? Verdict.NOT_WORSE : Verdict.OPEN;
  }

  /**
   * The confidence sequence after so many calls.
   *
   * @param alpha probability that the true rate is ever outside
   */
  public static Interval interval(long calls, long failures, double alpha) {
    if (calls == 0) {
      return new Interval(0, 1);
    }
    double mixture = logBeta(PRIOR + failures, PRIOR + calls - failures) - logBeta(PRIOR, PRIOR);
    double limit = mixture + Math.log(alpha);
    double rate = (double) failures / calls;
    return new Interval(
        failures == 0 ? 0 : edge(calls, failures, limit, rate, 0),
        failures == calls ? 1 : edge(calls, failures, limit, rate, 1));
  }

  /** The likelihood falls from the observed rate to either side: its edge is found by halving. */
  private static double edge(long calls, long failures, double limit, double inside, double end) {
    double in = inside;
    double out = end;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = (in + out) / 2;
      if (logLikelihood(calls, failures, middle) >= limit) {
        in = middle;
      } else {
        out = middle;
      }
    }
    return out;
  }

  private static double logLikelihood(long calls, long failures, double p) {
    double failed = failures == 0 ? 0 : failures * Math.log(p);
    return failed + (failures == calls ? 0 : (calls - failures) * Math.log1p(-p));
  }

  private static double logBeta(double a, double b) {
    return logGamma(a) + logGamma(b) - logGamma(a + b);
  }

  /** By Stirling's series, after steps up to where that is exact to twelve digits. */
  private static double logGamma(double x) {
    double shift = 0;
    double z = x;
    while (z < 10) {
      shift += Math.log(z);
      z++;
    }
    double square = 1 / (z * z);
    double series = (1 / 12.0 - square * (1 / 360.0 - square * (1 / 1260.0 - square / 1680.0))) / z;
    return (z - 0.5) * Math.log(z) - z + HALF_LOG_TWO_PI + series - shift;
  }
}
