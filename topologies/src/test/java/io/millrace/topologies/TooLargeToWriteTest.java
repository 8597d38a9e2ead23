package io.millrace.topologies;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.events.Rejection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProductionExceptionHandler.Response;
import org.apache.kafka.streams.errors.ProductionExceptionHandler.Result;
import org.apache.kafka.streams.processor.TaskId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TooLargeToWriteTest {
  private static final byte[] KEY = "k".getBytes(StandardCharsets.UTF_8);
  private static final byte[] VALUE = {0, 1, 2};
  private static final byte[] LARGE = new byte[5_000_000];

  private record At(@Nullable String topic, int partition, long offset)
      implements ErrorHandlerContext {
    @Override
    public Headers headers() {
      return new RecordHeaders();
    }

    @Override
    public String processorNodeId() {
      return "dispatch";
    }

    @Override
    public TaskId taskId() {
      return new TaskId(0, partition);
    }

    @Override
    public long timestamp() {
      return 17;
    }

    @Override
    public byte[] sourceRawKey() {
      return KEY;
    }

    @Override
    public byte[] sourceRawValue() {
      return VALUE;
    }
  }

  private final List<Rejection> rejections = new ArrayList<>();

  private Response handle(@Nullable String source, Exception failure) {
    TooLargeToWrite handler = new TooLargeToWrite();
    Consumer<Rejection> rejected = rejections::add;
    handler.configure(Map.of("application.id", "operations", TooLargeToWrite.REJECTIONS, rejected));
    return handler.handleError(
        new At(source, 2, 99), new ProducerRecord<>("tool.results", KEY, LARGE), failure);
  }

  @Test
  void whatLedToItIsRejectedAndWorkGoesOn() {
    Response response = handle("tool.attempts", new RecordTooLargeException("5000000 bytes"));

    assertThat(response.result()).isEqualTo(Result.RESUME);
    assertThat(response.deadLetterQueueRecords()).isEmpty();
    assertThat(rejections).hasSize(1);
    Rejection rejection = rejections.get(0);
    assertThat(rejection.getReason()).isEqualTo("RESULT_TOO_LARGE");
    assertThat(rejection.getMessage()).contains("tool.results", "5000000 bytes");
    assertThat(rejection.getSourceTopic()).isEqualTo("tool.attempts");
    assertThat(rejection.getSourcePartition()).isEqualTo(2);
    assertThat(rejection.getSourceOffset()).isEqualTo(99);
    assertThat(rejection.getKeyBytes()).isEqualTo(ByteBuffer.wrap(KEY));
    assertThat(rejection.getValueBytes()).isEqualTo(ByteBuffer.wrap(VALUE));
  }

  @Test
  void whereThatIsNotKnownWhatCouldNotBeWrittenIsKept() {
    handle(null, new RecordTooLargeException("5000000 bytes"));

    assertThat(rejections.get(0).getSourceTopic()).isEmpty();
    assertThat(rejections.get(0).getValueBytes()).isEqualTo(ByteBuffer.wrap(LARGE));
  }

  @Test
  void whatMayPassByItselfFailsTheThreadAsBefore() {
    assertThat(handle("tool.attempts", new TimeoutException("away")).result())
        .isEqualTo(Result.FAIL);
    assertThat(rejections).isEmpty();
  }
}
