package io.millrace.gateway.http;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** How many requests, and bytes of their bodies, are in flight; never more than the limits. */
final class Room {
  private final int requestsMax;
  private final long bytesMax;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  Room(int requestsMax, long bytesMax) {
    this.requestsMax = requestsMax;
    this.bytesMax = bytesMax;
  }

  /** Whether one more request has found room. */
  boolean enter() {
    if (requests.incrementAndGet() > requestsMax) {
      requests.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Whether so many more bytes have found room. */
  boolean hold(int more) {
    if (bytes.addAndGet(more) > bytesMax) {
      bytes.addAndGet(-more);
      return false;
    }
    return true;
  }

  /** A request ends that held so many bytes. */
  void leave(long held) {
    requests.decrementAndGet();
    bytes.addAndGet(-held);
  }

  /** Requests in flight. */
  int requests() {
    return requests.get();
  }
}
