package io.millrace.worker.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TogetherTest {
  private final List<String> done = new ArrayList<>();

  private void send(String what) {
    Together.atEnd(() -> done.add(what), 10);
  }

  @Test
  void whatIsSentDuringWorkGoesWhenItHasEndedInOrder() {
    Together.run(
        () -> {
          send("one");
          Together.run(() -> send("two"));
          done.add("worked");
          send("three");
        });
    send("four");
    assertThat(done).containsExactly("worked", "one", "two", "three", "four");
  }

  @Test
  void whatFailsHoldsNothingUp() {
    assertThatThrownBy(
            () ->
                Together.run(
                    () -> {
                      send("one");
                      Together.atEnd(
                          () -> {
                            throw new IllegalStateException("too large");
                          },
                          10);
                      send("two");
                      throw new IllegalArgumentException("the work failed");
                    }))
        .isInstanceOf(IllegalStateException.class);
    send("three");
    assertThat(done).containsExactly("one", "two", "three");
  }

  @Test
  void noMoreIsHeldThanAMebibyte() {
    Together.run(
        () -> {
          send("one");
          Together.atEnd(() -> done.add("large"), 1 << 20);
          assertThat(done).containsExactly("one", "large");
          send("two");
          assertThat(done).hasSize(2);
        });
    assertThat(done).containsExactly("one", "large", "two");
  }

  @Test
  void anErrorHoldsNothingUpEither() {
    assertThatThrownBy(
            () ->
                Together.run(
                    () -> {
                      Together.atEnd(
                          () -> {
                            throw new AssertionError("no memory");
                          },
                          10);
                      send("one");
                    }))
        .isInstanceOf(AssertionError.class);
    assertThat(done).containsExactly("one");
  }
}
