package io.millrace.gateway.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ProtoSchemaTest {
  private static final ProtoSchema INNER = new ProtoSchema().text("name", 1).integers("dims", 4);
  private static final ProtoSchema SCHEMA =
      new ProtoSchema()
          .text("text", 1)
          .texts("texts", 2)
          .bool("bool", 3)
          .integer("integer", 4)
          .real("real", 5)
          .named("named", 6, Map.of("B", 2))
          .message("inner", 7, INNER)
          .messages("inners", 8, INNER);

  private static JsonNode json(String text) throws Exception {
    return new ObjectMapper().readTree(text.replace('\'', '"'));
  }

  @Test
  void aDocumentBecomesAMessageOfItsFields() throws Exception {
    UnknownFieldSet message =
        UnknownFieldSet.parseFrom(
            SCHEMA.write(
                json(
                    "{'text':'ä','texts':['a',''],'bool':true,'integer':'-1','real':0.5,'named':'B',"
                        + "'inner':{'dims':[-1,300]},'inners':[{},{'name':'n'}],'other':1}")));

    assertThat(message.asMap().keySet()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    assertThat(message.getField(1).getLengthDelimitedList())
        .containsExactly(ByteString.copyFromUtf8("ä"));
    assertThat(message.getField(2).getLengthDelimitedList()).hasSize(2);
    assertThat(message.getField(3).getVarintList()).containsExactly(1L);
    assertThat(message.getField(4).getVarintList()).containsExactly(-1L);
    assertThat(message.getField(5).getFixed64List()).containsExactly(Double.doubleToLongBits(0.5));
    assertThat(message.getField(6).getVarintList()).containsExactly(2L);
    assertThat(message.getField(7).getLengthDelimitedList())
        .containsExactly(
            ByteString.copyFrom(
                new byte[] {0x22, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, (byte) 0xAC, 2}));
    assertThat(message.getField(8).getLengthDelimitedList()).hasSize(2);
  }

  @Test
  void whatIsAbsentOrTheDefaultIsNotWritten() throws Exception {
    assertThat(
            SCHEMA.write(
                json("{'text':'','texts':[],'bool':false,'integer':0,'named':'C','inner':null}")))
        .isEmpty();
  }

  @Test
  void aMessageBecomesADocument() throws Exception {
    String document =
        "{'text':'ä','texts':['a',''],'bool':true,'integer':-1,'real':0.5,'inner':{'name':'i'},"
            + "'inners':[{},{'name':'n'}]}";
    byte[] unknown =
        UnknownFieldSet.newBuilder()
            .addField(99, Field.newBuilder().addVarint(1).addFixed32(2).build())
            .addField(1, Field.newBuilder().addVarint(7).build())
            .build()
            .toByteArray();
    byte[] known = SCHEMA.write(json(document));
    byte[] both = new byte[known.length + unknown.length];
    System.arraycopy(known, 0, both, 0, known.length);
    System.arraycopy(unknown, 0, both, known.length, unknown.length);

    assertThat(SCHEMA.read("m", both).toString()).isEqualTo(document.replace('\'', '"'));
  }

  @Test
  void whatIsNoMessageIsRefusedByItsField() {
    assertThatThrownBy(() -> SCHEMA.read("m", new byte[] {0x0A, 5, 'a'}))
        .hasMessageStartingWith("m: is no such message of protobuf");
    assertThatThrownBy(() -> SCHEMA.read("m", new byte[] {0x3A, 4, 0x0A, 9, 'a', 'b'}))
        .hasMessageStartingWith("m.inner: is no such message of protobuf");
    assertThatThrownBy(() -> SCHEMA.read("m", new byte[] {0x0A, 1, (byte) 0xFF}))
        .hasMessageStartingWith("m: is no such message of protobuf");
    byte[] many = new byte[2 * 1_001];
    for (int i = 0; i < many.length; i += 2) {
      many[i] = 0x42;
    }
    assertThatThrownBy(() -> SCHEMA.read("m", many)).hasMessageStartingWith("m.inners: has more");
  }

  @Test
  void theNumbersAreThoseOfTheProtoFile() throws Exception {
    Map<String, Map<String, Integer>> messages = messages();
    Map.ofEntries(
            Map.entry("ModelReadyRequest", ProtoDocuments.MODEL_REQUEST),
            Map.entry("ModelMetadataRequest", ProtoDocuments.MODEL_REQUEST),
            Map.entry("ModelConfigRequest", ProtoDocuments.MODEL_REQUEST),
            Map.entry("ModelStatisticsRequest", ProtoDocuments.MODEL_REQUEST),
            Map.entry("ServerLiveResponse", ProtoDocuments.SERVER_LIVE_RESPONSE),
            Map.entry("ServerReadyResponse", ProtoDocuments.SERVER_READY_RESPONSE),
            Map.entry("ModelReadyResponse", ProtoDocuments.SERVER_READY_RESPONSE),
            Map.entry("ServerMetadataResponse", ProtoDocuments.SERVER_METADATA_RESPONSE),
            Map.entry("ModelMetadataResponse", ProtoDocuments.MODEL_METADATA_RESPONSE),
            Map.entry("ModelConfig", ProtoDocuments.MODEL_CONFIG),
            Map.entry("ModelConfigResponse", ProtoDocuments.MODEL_CONFIG_RESPONSE),
            Map.entry("ModelStatisticsResponse", ProtoDocuments.MODEL_STATISTICS_RESPONSE),
            Map.entry("RepositoryIndexRequest", ProtoDocuments.INDEX_REQUEST),
            Map.entry("RepositoryIndexResponse", ProtoDocuments.INDEX_RESPONSE),
            Map.entry("RepositoryModelLoadRequest", ProtoDocuments.LOAD_REQUEST),
            Map.entry("RepositoryModelUnloadRequest", ProtoDocuments.LOAD_REQUEST))
        .forEach(
            (name, schema) -> assertThat(schema.numbers()).as(name).isEqualTo(messages.get(name)));
    assertThat(messages.get("InferTensorContents").keySet())
        .containsExactlyElementsOf(ProtoContents.FIELDS.subList(1, ProtoContents.FIELDS.size()));
  }

  /** Fields with their numbers of each message of the file; those of messages within it as well. */
  private static Map<String, Map<String, Integer>> messages() throws Exception {
    String proto;
    try (InputStream in = ProtoSchema.class.getResourceAsStream("open_inference.proto")) {
      proto = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Pattern field =
        Pattern.compile("(?:repeated )?(?:[A-Za-z0-9]+|map<[^>]*>) ([a-z0-9_]+) = (\\d+);");
    Map<String, Map<String, Integer>> messages = new LinkedHashMap<>();
    String outer = "";
    String inner = "";
    for (String line : proto.lines().map(String::strip).toList()) {
      Matcher matcher = field.matcher(line);
      if (line.startsWith("message ")) {
        inner = outer.isEmpty() ? "" : line.split(" ")[1];
        outer = outer.isEmpty() ? line.split(" ")[1] : outer;
        messages.put(inner.isEmpty() ? outer : inner, new LinkedHashMap<>());
      } else if (line.equals("}") && !inner.isEmpty()) {
        inner = "";
      } else if (line.equals("}")) {
        outer = "";
      } else if (matcher.matches() && !outer.isEmpty()) {
        messages
            .get(inner.isEmpty() ? outer : inner)
            .put(matcher.group(1), Integer.valueOf(matcher.group(2)));
      }
      if (line.endsWith("{}")) {
        outer = "";
      }
    }
    return messages;
  }
}
