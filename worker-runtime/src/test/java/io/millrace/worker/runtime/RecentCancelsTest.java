package io.millrace.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentCancelsTest {

  @Test
  void aCancelCoversItsTaskOrItsWholeOperation() {
    RecentCancels cancels = new RecentCancels(10);
    cancels.add("a", "");
    cancels.add("b", "b1");
    assertThat(cancels.covers("a", "a1")).isTrue();
    assertThat(cancels.covers("b", "b1")).isTrue();
    assertThat(cancels.covers("b", "b2")).isFalse();
    assertThat(cancels.covers("c", "")).isFalse();
  }

  @Test
  void theOldestIsForgottenWhenFull() {
    RecentCancels cancels = new RecentCancels(2);
    cancels.add("a", "");
    cancels.add("b", "");
    cancels.add("c", "");
    assertThat(cancels.covers("a", "x")).isFalse();
    assertThat(cancels.covers("b", "x")).isTrue();
    assertThat(cancels.covers("c", "x")).isTrue();
  }
}
