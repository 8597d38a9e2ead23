package io.millrace.gateway.inference;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class HalfFloatsPropertyTest {

  @Example
  void everyHalfThatIsANumberComesBackAsItWas() {
    for (int bits = 0; bits <= 0xFFFF; bits++) {
      float value = HalfFloats.fromHalf((short) bits);
      if (!Float.isNaN(value)) {
        assertThat(HalfFloats.toHalf(value)).isEqualTo((short) bits);
      }
      float brain = HalfFloats.fromBfloat((short) bits);
      if (!Float.isNaN(brain)) {
        assertThat(HalfFloats.toBfloat(brain)).isEqualTo((short) bits);
      }
    }
  }

  @Example
  void knownNumbersAreWhatTheStandardSays() {
    assertThat(HalfFloats.fromHalf((short) 0x3C00)).isEqualTo(1f);
    assertThat(HalfFloats.fromHalf((short) 0x7BFF)).isEqualTo(65504f);
    assertThat(HalfFloats.fromHalf((short) 0x0001)).isEqualTo(0x1p-24f);
    assertThat(HalfFloats.fromHalf((short) 0xFC00)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(HalfFloats.toHalf(65520f)).isEqualTo((short) 0x7C00);
    assertThat(HalfFloats.toHalf(65519.99f)).isEqualTo((short) 0x7BFF);
    assertThat(HalfFloats.toHalf(Float.NaN) & 0x7FFF).isGreaterThan(0x7C00);
    assertThat(HalfFloats.toBfloat(Float.NaN) & 0x7FFF).isGreaterThan(0x7F80);
    assertThat(HalfFloats.toHalf(-0f)).isEqualTo((short) 0x8000);
  }

  @Property(tries = 20_000)
  void noHalfIsNearerThanTheOneThatIsTaken(@ForAll("floats") float value) {
    int taken = HalfFloats.toHalf(value) & 0xFFFF;
    double error = Math.abs((double) HalfFloats.fromHalf((short) taken) - value);
    for (int neighbour : new int[] {taken - 1, taken + 1}) {
      double other = HalfFloats.fromHalf((short) neighbour);
      if (Double.isFinite(other) && ((neighbour ^ taken) & 0x8000) == 0) {
        double distance = Math.abs(other - value);
        assertThat(error).isLessThanOrEqualTo(distance);
        if (error == distance) {
          assertThat(taken & 1).as("ties to even").isZero();
        }
      }
    }
  }

  @Provide
  Arbitrary<Float> floats() {
    return Arbitraries.oneOf(
        Arbitraries.floats().between(-65519f, 65519f),
        Arbitraries.floats().between(-1e-4f, 1e-4f).ofScale(12),
        Arbitraries.integers()
            .between(0, 0x7BFE)
            .map(
                half ->
                    (HalfFloats.fromHalf((short) (int) half)
                            + HalfFloats.fromHalf((short) (half + 1)))
                        / 2));
  }
}
