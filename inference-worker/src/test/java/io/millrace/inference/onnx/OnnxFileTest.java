package io.millrace.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.events.TensorDatatype;
import io.millrace.inference.ModelException;
import io.millrace.inference.onnx.OnnxFile.End;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class OnnxFileTest {

  private static OnnxFile read(byte[] bytes) {
    return OnnxFile.read(ByteBuffer.wrap(bytes), "m.onnx");
  }

  @Test
  void inputsAndOutputsAreReadWithoutLoading() {
    OnnxFile file = read(SeededModels.tiny().bytes());
    assertThat(file.inputs())
        .containsExactly(
            new End("INPUT0", TensorDatatype.INT32, List.of(-1L, 16L)),
            new End("INPUT1", TensorDatatype.INT32, List.of(-1L, 16L)));
    assertThat(file.outputs()).extracting(End::name).containsExactly("OUTPUT0", "OUTPUT1");
  }

  @Test
  void theSameSeedGivesTheSameBytesAndAnotherSeedOthers() {
    assertThat(LanguageModel.lm(1).bytes()).isEqualTo(LanguageModel.lm(1).bytes());
    assertThat(LanguageModel.lm(1).bytes()).isNotEqualTo(LanguageModel.lm(2).bytes());
  }

  @Test
  void whatIsNotOnnxIsRefusedByName() {
    for (String text : List.of("", "not onnx", "<html>", "\0\0\0\0")) {
      assertThatThrownBy(() -> read(text.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOfSatisfying(
              ModelException.class, e -> assertThat(e.code()).isEqualTo("MODEL_INVALID"))
          .hasMessageContaining("m.onnx is not an ONNX model");
    }
    assertThatThrownBy(() -> OnnxFile.read(Path.of("nowhere.onnx")))
        .hasMessageContaining("nowhere.onnx");
  }

  @Property
  void anyBytesAreReadOrRefused(@ForAll byte[] bytes) {
    try {
      read(bytes);
    } catch (ModelException e) {
      assertThat(e.code()).isEqualTo("MODEL_INVALID");
    }
  }

  @Property
  void aDamagedModelIsReadOrRefused(
      @ForAll @IntRange(min = 0, max = 400) int at, @ForAll byte value, @ForAll boolean cut) {
    byte[] bytes = SeededModels.tiny().bytes();
    int place = at % bytes.length;
    if (cut) {
      bytes = Arrays.copyOf(bytes, place);
    } else {
      bytes[place] = value;
    }
    anyBytesAreReadOrRefused(bytes);
  }
}
