package io.millrace.gateway.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.events.Tensor;
import io.millrace.events.TensorDatatype;
import io.millrace.gateway.http.Refusal;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InferRequestReaderTest {
  private static final int MAX = 1 << 20;

  private static InferRequest read(String json) {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    return InferRequestReader.read(body, body.length, MAX);
  }

  private static Tensor tensor(String datatype, String shape, String data) {
    return read("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}]}"
            .formatted(datatype, shape, data))
        .inputs()
        .get(0);
  }

  private static ByteBuffer data(Tensor tensor) {
    return tensor.getData().duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static Refusal refusal(String json, byte... raw) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(text);
    body.writeBytes(raw);
    return catchThrowableOfType(
        Refusal.class, () -> InferRequestReader.read(body.toByteArray(), text.length, MAX));
  }

  @Test
  void wholeNumbersOf64BitsAreExact() {
    assertThat(data(tensor("INT64", "[2]", "[9223372036854775807,-9223372036854775808]")))
        .satisfies(
            bytes -> {
              assertThat(bytes.getLong()).isEqualTo(Long.MAX_VALUE);
              assertThat(bytes.getLong()).isEqualTo(Long.MIN_VALUE);
            });
    assertThat(data(tensor("UINT64", "[2]", "[18446744073709551615,9007199254740993]")))
        .satisfies(
            bytes -> {
              assertThat(Long.toUnsignedString(bytes.getLong())).isEqualTo("18446744073709551615");
              assertThat(bytes.getLong()).isEqualTo(9007199254740993L);
            });
  }

  @Test
  void nestedArraysAreRowMajor() {
    ByteBuffer bytes = data(tensor("INT32", "[2,3]", "[[1,2,3],[4,5,6]]"));

    for (int i = 1; i <= 6; i++) {
      assertThat(bytes.getInt()).isEqualTo(i);
    }
    assertThat(bytes.hasRemaining()).isFalse();
  }

  @Test
  void everyDatatypeHasItsBytes() {
    assertThat(data(tensor("BOOL", "[2]", "[true,false]")).getShort()).isEqualTo((short) 1);
    assertThat(data(tensor("UINT8", "[1]", "[255]")).get()).isEqualTo((byte) -1);
    assertThat(data(tensor("INT8", "[1]", "[-128]")).get()).isEqualTo(Byte.MIN_VALUE);
    assertThat(data(tensor("UINT16", "[1]", "[65535]")).getShort()).isEqualTo((short) -1);
    assertThat(data(tensor("INT16", "[1]", "[-32768]")).getShort()).isEqualTo(Short.MIN_VALUE);
    assertThat(data(tensor("UINT32", "[1]", "[4294967295]")).getInt()).isEqualTo(-1);
    assertThat(data(tensor("FP16", "[1]", "[1.5]")).getShort()).isEqualTo((short) 0x3E00);
    assertThat(data(tensor("BF16", "[1]", "[1]")).getShort()).isEqualTo((short) 0x3F80);
    assertThat(data(tensor("FP32", "[1]", "[0.1]")).getFloat()).isEqualTo(0.1f);
    assertThat(data(tensor("FP64", "[]", "[1e300]")).getDouble()).isEqualTo(1e300);
    assertThat(data(tensor("FP32", "[1]", "[NaN]")).getFloat()).isNaN();
    ByteBuffer text = data(tensor("BYTES", "[2]", "[\"å\",\"\"]"));
    assertThat(text.getInt()).isEqualTo(2);
    assertThat(StandardCharsets.UTF_8.decode(text.slice().limit(2)).toString()).isEqualTo("å");
    assertThat(text.remaining()).isEqualTo(6);
  }

  @Test
  void theOrderOfAnInputsMembersDoesNotMatter() {
    Tensor tensor =
        read("{\"inputs\":[{\"data\":[[1],[2]],\"shape\":[2,1],\"name\":\"x\",\"datatype\":\"INT8\"}]}")
            .inputs()
            .get(0);

    assertThat(tensor.getDatatype()).isEqualTo(TensorDatatype.INT8);
    assertThat(tensor.getShape()).isEqualTo(List.of(2L, 1L));
    assertThat(data(tensor).getShort()).isEqualTo((short) 0x0201);
  }

  @Test
  void whatIsAskedForBesidesIsKept() {
    InferRequest request =
        read(
            "{\"id\":\"my\",\"parameters\":{\"a\":\"b\\\"c\",\"n\":1.50,\"binary_data_output\":true},"
                + "\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT8\",\"shape\":[0],\"data\":[]}],"
                + "\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":false}},{\"name\":\"z\"}]}");

    assertThat(request.id()).isEqualTo("my");
    assertThat(request.parameters()).containsEntry("a", "\"b\\\"c\"").containsEntry("n", "1.50");
    assertThat(request.binary("y")).isFalse();
    assertThat(request.binary("z")).isTrue();
  }

  @Test
  void rawTensorsFollowTheJsonInTheirOrder() {
    String json =
        "{\"inputs\":["
            + "{\"name\":\"a\",\"datatype\":\"INT16\",\"shape\":[1],\"parameters\":{\"binary_data_size\":2}},"
            + "{\"name\":\"b\",\"datatype\":\"INT8\",\"shape\":[1],\"data\":[7]},"
            + "{\"name\":\"c\",\"datatype\":\"BYTES\",\"shape\":[1],\"parameters\":{\"binary_data_size\":5}}]}";
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    ByteBuffer body =
        ByteBuffer.allocate(text.length + 7)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(text)
            .putShort((short) 258)
            .putInt(1)
            .put((byte) 'x');

    InferRequest request = InferRequestReader.read(body.array(), text.length, MAX);

    assertThat(data(request.inputs().get(0)).getShort()).isEqualTo((short) 258);
    assertThat(data(request.inputs().get(1)).get()).isEqualTo((byte) 7);
    assertThat(request.inputs().get(2).getData().remaining()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "[2,2]|FP32|[[1,2],[3]]|inputs[0].data: is neither flat nor nested",
        "[2,2]|FP32|[[1,2],3,4]|inputs[0].data: is neither flat nor nested",
        "[2,2]|FP32|[1,[2],3]|inputs[0].data: is neither flat nor nested",
        "[2,2]|FP32|[[[1]]]|inputs[0].data: is neither flat nor nested",
        "[2]|FP32|[1]|inputs[0].data: has 1 elements, but shape [2] has 2",
        "[1]|FP32|[1,2]|inputs[0].data: has more than the 1 elements",
        "[1]|INT8|[128]|inputs[0].data[0]: expected a whole number that INT8 can hold, but 128",
        "[1]|UINT64|[-1]|inputs[0].data[0]: expected a whole number that UINT64 can hold, but -1",
        "[1]|UINT64|[18446744073709551616]|inputs[0].data[0]: expected a whole number",
        "[1]|INT64|[1.0]|inputs[0].data[0]: expected a whole number that INT64 can hold, but 1.0",
        "[1]|FP16|[70000]|inputs[0].data[0]: expected a number that FP16 can hold",
        "[1]|FP32|[1e39]|inputs[0].data[0]: expected a number that FP32 can hold",
        "[1]|FP32|[\"1\"]|inputs[0].data[0]: expected a number",
        "[1]|BOOL|[1]|inputs[0].data[0]: expected true or false",
        "[1]|BYTES|[1]|inputs[0].data[0]: expected a string",
        "[-1]|FP32|[1]|inputs[0].shape: has the dimension -1",
        "[2147483648]|FP32|[1]|inputs[0].data: has 1 elements, but shape [2147483648]",
        "[4294967296,4294967296]|FP32|[1]|more elements than can be counted",
        "[1.5]|FP32|[1]|inputs[0].shape[0]: expected a whole number",
        "[1]|FLOAT|[1]|inputs[0].datatype: 'FLOAT' is no datatype",
        "[1]|FP32|{}|inputs[0].data: expected an array",
      })
  void aWrongInputIsRefusedByItsField(String shape, String datatype, String data, String message) {
    Refusal refusal =
        refusal(
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}]}"
                .formatted(datatype, shape, data));

    assertThat(refusal.status()).isEqualTo(400);
    assertThat(refusal).hasMessageContaining(message);
  }

  @Test
  void wrongLengthsOfRawTensorsAreRefusedByTheirField() {
    String input =
        "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"%s\",\"shape\":%s,\"parameters\":{\"binary_data_size\":%d}}]}";

    assertThat(refusal(input.formatted("FP32", "[2]", 8), new byte[7]))
        .hasMessageContaining("inputs[0].parameters.binary_data_size: 8 bytes are declared, but 7");
    assertThat(refusal(input.formatted("FP32", "[2]", 4), new byte[4]))
        .hasMessageContaining("is 4 bytes, but FP32 of shape [2] is 2 elements of 4 bytes");
    assertThat(refusal(input.formatted("FP32", "[1]", 4), new byte[5]))
        .hasMessageContaining("5 bytes follow its JSON");
    assertThat(refusal(input.formatted("BYTES", "[1]", 5), new byte[] {9, 0, 0, 0, 1}))
        .hasMessageContaining("element 0 of BYTES does not end");
    assertThat(refusal(input.formatted("FP64", "[2147483648]", 10), new byte[10]))
        .hasMessageContaining("is 10 bytes, but FP64 of shape [2147483648]");
  }

  @Test
  void tensorsLargerThanTheLimitAreRefused() {
    String zeros = "0,".repeat(200_000) + "0";

    assertThat(
            refusal(
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP64\",\"shape\":[200001],\"data\":["
                    + zeros
                    + "]}]}"))
        .satisfies(refusal -> assertThat(refusal.status()).isEqualTo(413));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "[]|the request: expected an object",
        "{}|inputs: expected at least one",
        "{\"inputs\":{}}|inputs: expected an array",
        "{\"inputs\":[1]}|inputs[0]: expected an object",
        "{\"inputs\":[{\"name\":\"x\"}]}|inputs[0].datatype: is missing",
        "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT8\",\"shape\":[1]}]}|inputs[0].data: is missing",
        "{\"id\":1}|id: expected text",
        "{\"inputs\":[{\"parameters\":{\"shared_memory_region\":\"a\"}}]}|this extension is not supported",
        "{\"inputs\":[]|the request is no JSON",
        "{\"inputs\":[]} x|the request is no JSON",
      })
  void aWrongRequestIsRefused(String json, String message) {
    assertThat(refusal(json)).hasMessageContaining(message);
  }
}
