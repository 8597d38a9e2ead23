package io.millrace.gateway;

import static io.millrace.gateway.GatewayBench.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.events.ToolCall;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordsTest {
  private static GatewayBench bench;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    bench = new GatewayBench(directory, Map.of());
  }

  @AfterAll
  static void stop() throws Exception {
    bench.close();
  }

  @Test
  void jsonBecomesRecordsWithTheirDefaults() throws Exception {
    HttpResponse<String> response =
        bench.post(
            "/v1/topics/tool.calls/records",
            "{\"records\":[{\"value\":{\"target\":\"a\",\"arguments\":\"{}\"}},"
                + "{\"key\":\"k\",\"value\":{\"id\":\"own\",\"target\":\"b\",\"arguments\":\"{}\"}}]}");

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(json(response).at("/records/1/id").textValue()).isEqualTo("own");
    assertThat(json(response).at("/records/0/id").textValue()).hasSize(36);
    await().until(() -> bench.seen(ToolCall.class).size() == 2);
    assertThat(bench.seen(ToolCall.class))
        .allSatisfy(call -> assertThat(call.getTenant()).isEqualTo("default"));
  }

  @Test
  void oneWrongRecordKeepsAllFromBeingWritten() throws Exception {
    HttpResponse<String> response =
        bench.post(
            "/v1/topics/tool.calls/records",
            "{\"records\":[{\"value\":{\"target\":\"never\",\"arguments\":\"{}\"}},"
                + "{\"value\":{\"target\":\"never\",\"argumens\":\"{}\"}}]}");

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).path("error").textValue())
        .contains("records[1].value")
        .contains("did you mean 'arguments'?");
    assertThat(bench.seen(ToolCall.class)).noneMatch(call -> call.getTarget().equals("never"));
  }

  @Test
  void onlyTopicsOfClientsAreWritten() throws Exception {
    HttpResponse<String> targets =
        bench.post("/v1/topics/targets/records", "{\"records\":[{\"value\":{}}]}");
    HttpResponse<String> unknown =
        bench.post("/v1/topics/tool.cals/records", "{\"records\":[{\"value\":{}}]}");

    assertThat(targets.statusCode()).isEqualTo(403);
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(json(unknown).path("error").textValue()).contains("did you mean 'tool.calls'?");
  }

  @Test
  void aBodyThatIsNoJsonIsRefusedWithItsPlace() throws Exception {
    HttpResponse<String> response = bench.post("/v1/topics/tool.calls/records", "{\"records\":[,");

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).path("code").textValue()).isEqualTo("JSON_INVALID");
    assertThat(json(response).path("error").textValue()).contains("line 1, column");
  }
}
