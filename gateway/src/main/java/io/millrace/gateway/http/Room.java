package io.millrace.gateway.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** How many requests, and bytes of their bodies, are in flight; never more than the limits. */
final class Room {
  private final int requestsMax;
  private final long bytesMax;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final CompletableFuture<Void> empty = new CompletableFuture<>();
  private volatile boolean draining;

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
  boolean hold(long more) {
    if (bytes.addAndGet(more) > bytesMax) {
      bytes.addAndGet(-more);
      return false;
    }
    return true;
  }

  /** A request ends that held so many bytes. */
  void leave(long held) {
    bytes.addAndGet(-held);
    if (requests.decrementAndGet() == 0 && draining) {
      empty.complete(null);
    }
  }

  /** Done once no request is in flight; nothing is to be let in any more. */
  CompletableFuture<Void> drain() {
    draining = true;
    if (requests.get() == 0) {
      empty.complete(null);
    }
    return empty;
  }

  /** Requests in flight. */
  int requests() {
    return requests.get();
  }
}
