package io.millrace.gateway.inference;

/**
 * Turns numbers of 16 bits to floats and back, rounding to the nearest, ties to even: IEEE 754
 * binary16 (FP16: 5 bits of exponent, 10 of fraction) and bfloat16 (BF16: the upper half of a
 * float).
 */
final class HalfFloats {
  private static final int FLOAT_BIAS = 127;
  private static final int HALF_BIAS = 15;
  private static final int HALF_EXPONENT_MAX = 31;

  private HalfFloats() {}

  /** The float that a binary16 is. */
  static float fromHalf(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1F;
    int fraction = half & 0x3FF;
    if (exponent == 0) {
      float tiny = fraction * 0x1p-24f;
      return sign == 0 ? tiny : -tiny;
    }
    int wide = exponent == HALF_EXPONENT_MAX ? 0xFF : exponent - HALF_BIAS + FLOAT_BIAS;
    return Float.intBitsToFloat(sign | (wide << 23) | (fraction << 13));
  }

  /** The nearest binary16; infinite where there is none. */
  static short toHalf(float value) {
    int bits = Float.floatToIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7FFF_FFFF;
    if (magnitude > 0x7F80_0000) {
      return (short) (sign | 0x7E00);
    }
    int exponent = (magnitude >>> 23) - FLOAT_BIAS + HALF_BIAS;
    if (exponent <= 0) {
      // Adding 0.5 leaves the fraction of a subnormal, rounded, in the lowest bits of the sum.
      float aligned = Float.intBitsToFloat(magnitude) + 0.5f;
      return (short) (sign | (Float.floatToIntBits(aligned) - Float.floatToIntBits(0.5f)));
    }
    if (exponent >= HALF_EXPONENT_MAX) {
      return (short) (sign | 0x7C00);
    }
    int rest = magnitude & 0x1FFF;
    int half = (exponent << 10) | ((magnitude >>> 13) & 0x3FF);
    if (rest > 0x1000 || (rest == 0x1000 && (half & 1) == 1)) {
      // A carry out of the fraction goes where it belongs: into the exponent.
      half++;
    }
    return (short) (sign | half);
  }

  /** The float that a bfloat16 is. */
  static float fromBfloat(short brain) {
    return Float.intBitsToFloat(brain << 16);
  }

  /** The nearest bfloat16; infinite where there is none. */
  static short toBfloat(float value) {
    int bits = Float.floatToIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }
}
