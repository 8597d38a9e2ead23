package io.millrace.topologies.memory.logic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MemoryTest {
  private static final byte VERSION = 3;

  /** One of each kind of field. */
  private static final class Learnt {
    private double number;
    private long count;
    private boolean flag;
    private String text = "";
    private final double[] exact = new double[2];
    private final double[] rounded = new double[2];
    private final Deque<Double> queue = new ArrayDeque<>();
    private List<Long> list = new ArrayList<>();

    void remember(Memory memory) {
      number = memory.number(number);
      count = memory.count(count);
      flag = memory.flag(flag);
      text = memory.text(text);
      memory.numbers(exact);
      memory.roundedNumbers(rounded);
      memory.lastNumbers(queue, 3);
      list = memory.list(list, Long.BYTES, 0L, memory::count);
    }
  }

  private static byte[] written(double number, long count, String text) {
    Learnt learnt = new Learnt();
    learnt.number = number;
    learnt.count = count;
    learnt.flag = count % 2 == 0;
    learnt.text = text;
    Arrays.fill(learnt.exact, number);
    Arrays.fill(learnt.rounded, 0.1);
    learnt.queue.addAll(List.of(1.0, 2.0, 3.0, 4.0));
    learnt.list = List.of(count, 7L);
    return Memory.write(VERSION, learnt::remember);
  }

  @Property(tries = 200)
  void whatIsWrittenIsRead(
      @ForAll double number, @ForAll long count, @ForAll @IntRange(max = 3_000) int length) {
    String text = "é".repeat(length);
    Learnt read = new Learnt();
    Memory.read(written(number, count, text), VERSION, read::remember);

    assertThat(read.number).isEqualTo(number);
    assertThat(read.count).isEqualTo(count);
    assertThat(read.flag).isEqualTo(count % 2 == 0);
    assertThat(read.text).isEqualTo(text);
    assertThat(read.exact).containsExactly(number, number);
    assertThat(read.rounded[1]).isEqualTo((double) 0.1f);
    assertThat(read.queue).containsExactly(2.0, 3.0, 4.0);
    assertThat(read.list).containsExactly(count, 7L);
  }

  @Property(tries = 300)
  void oneDamagedByteIsNoticed(@ForAll @IntRange(max = 100) int at, @ForAll byte other) {
    byte[] bytes = written(1, 2, "three");
    int index = at % bytes.length;
    if (bytes[index] == other) {
      return;
    }
    bytes[index] = other;

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Memory.read(bytes, VERSION, new Learnt()::remember));
  }

  @Property(tries = 120)
  void whatEndsTooEarlyIsNoticed(@ForAll @IntRange(max = 100) int length) {
    byte[] bytes = written(1, 2, "three");

    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Memory.read(
                    Arrays.copyOf(bytes, length % bytes.length), VERSION, new Learnt()::remember));
  }

  @Test
  void anotherVersionAndOtherFieldsAreNotRead() {
    byte[] bytes = written(1, 2, "three");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Memory.read(bytes, (byte) 4, new Learnt()::remember))
        .withMessage("version 3, not 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Memory.read(bytes, VERSION, memory -> memory.number(0)))
        .withMessageContaining("left over");
    byte[] one = Memory.write(VERSION, memory -> memory.flag(true));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Memory.read(one, VERSION, new Learnt()::remember))
        .withMessage("ends too early");
    byte[] lengths = Memory.write(VERSION, memory -> memory.count(Long.MAX_VALUE));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Memory.read(lengths, VERSION, memory -> memory.text("")))
        .withMessageContaining("entries follow");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Memory.read(lengths, VERSION, memory -> memory.numbers(new double[1])))
        .withMessageContaining("where 1 belong");
  }

  @Test
  void moreThanTheMostIsNotWritten() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Memory.write(VERSION, m -> m.numbers(new double[Memory.BYTES_MAX / 8])))
        .withMessageContaining("more than");
  }
}
