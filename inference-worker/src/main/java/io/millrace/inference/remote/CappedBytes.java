package io.millrace.inference.remote;

import io.millrace.inference.ModelException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/** Collects the body of an answer, and gives it up once it is too long. */
final class CappedBytes implements BodySubscriber<byte[]> {
  private final int bytesMax;
  private final CompletableFuture<byte[]> body = new CompletableFuture<>();
  private final List<byte[]> parts = new ArrayList<>();
  private @Nullable Subscription subscription;
  private int length;

  /** A collector of so many bytes at most. */
  CappedBytes(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      if (buffer.remaining() > bytesMax - length) {
        if (subscription != null) {
          subscription.cancel();
        }
        body.completeExceptionally(
            new ModelException(
                "REMOTE_ANSWER_TOO_LARGE",
                "The server's answer is longer than %d bytes; ask for fewer outputs or rows"
                    .formatted(bytesMax),
                false));
        return;
      }
      byte[] part = new byte[buffer.remaining()];
      buffer.get(part);
      parts.add(part);
      length += part.length;
    }
  }

  @Override
  public void onError(Throwable failure) {
    body.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    byte[] whole = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    body.complete(whole);
  }
}
