package io.millrace.platform.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.schemas.http.LoopbackHttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The answers of Confluent's documented REST interface, over HTTP, on a log in memory. */
class RegistryContractTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String INT = "\"int\"";
  private static final String R1 = record("{'name':'a','type':'int'}");
  private static final String R2 =
      record("{'name':'a','type':'int'},{'name':'b','type':'int','default':0}");
  private static final String BROKEN =
      record("{'name':'a','type':'int'},{'name':'c','type':'int'}");

  private final SubjectStore store = new SubjectStore();
  private LoopbackHttpServer server;

  @BeforeEach
  void start() {
    RegistryRoutes routes = new RegistryRoutes(store, records -> records.forEach(store::apply));
    server = LoopbackHttpServer.start("registry", 0, new RegistryHandler(routes));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void registersListsAndReadsBackBySubjectAndId() throws Exception {
    assertThat(register("s", R1)).isEqualTo(json("{'id':1}"));
    assertThat(register("s", R2)).isEqualTo(json("{'id':2}"));
    assertThat(get("/subjects")).isEqualTo(json("['s']"));
    assertThat(get("/subjects/s/versions")).isEqualTo(json("[1,2]"));
    JsonNode latest = get("/subjects/s/versions/latest");
    assertThat(latest.path("subject").asText()).isEqualTo("s");
    assertThat(latest.path("version").asInt()).isEqualTo(2);
    assertThat(latest.path("id").asInt()).isEqualTo(2);
    assertThat(JSON.readTree(latest.path("schema").asText())).isEqualTo(JSON.readTree(R2));
    assertThat(get("/subjects/s/versions/-1")).isEqualTo(latest);
    assertThat(get("/subjects/s/versions/2/schema")).isEqualTo(JSON.readTree(R2));
    assertThat(get("/subjects/s/versions/2/referencedby")).isEqualTo(json("[]"));
    assertThat(JSON.readTree(get("/schemas/ids/1").path("schema").asText()))
        .isEqualTo(JSON.readTree(R1));
    assertThat(get("/schemas/ids/1/schema")).isEqualTo(JSON.readTree(R1));
    assertThat(get("/schemas/types")).isEqualTo(json("['AVRO']"));
    assertThat(get("/schemas")).hasSize(2);
  }

  @Test
  void givesOneSchemaOneIdWhateverTheSubjectAndTheWhiteSpace() throws Exception {
    assertThat(register("s", R1)).isEqualTo(register("t", R1.replace(",", " ,\n  ")));
    assertThat(get("/schemas/ids/1/versions"))
        .isEqualTo(json("[{'subject':'s','version':1},{'subject':'t','version':1}]"));
    assertThat(get("/schemas/ids/1/subjects")).isEqualTo(json("['s','t']"));
  }

  @Test
  void looksASchemaUpUnderItsSubject() throws Exception {
    register("s", R1);
    JsonNode found = send("POST", "/subjects/s", body(R1));
    assertThat(found.path("id").asInt()).isEqualTo(1);
    assertThat(found.path("version").asInt()).isEqualTo(1);
    refused("POST", "/subjects/s", body(R2), 404, 40403);
    refused("POST", "/subjects/other", body(R1), 404, 40401);
  }

  @Test
  void refusesAnIncompatibleSchemaAndSaysWhy() throws Exception {
    register("s", R1);
    JsonNode error = refused("POST", "/subjects/s/versions", body(BROKEN), 409, 409);
    assertThat(error.path("message").asText()).contains("'s'", "READER_FIELD_MISSING", "/fields/1");
    assertThat(get("/subjects/s/versions")).isEqualTo(json("[1]"));
    send("PUT", "/config/s", "{\"compatibility\": \"none\"}");
    assertThat(register("s", BROKEN)).isEqualTo(json("{'id':2}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/1", "/latest", ""})
  void testsCompatibilityWithoutRegistering(String version) throws Exception {
    register("s", R1);
    String path = "/compatibility/subjects/s/versions" + version;
    assertThat(send("POST", path, body(R2))).isEqualTo(json("{'is_compatible':true}"));
    JsonNode no = send("POST", path + "?verbose=true", body(BROKEN));
    assertThat(no.path("is_compatible").asBoolean()).isFalse();
    assertThat(no.path("messages").path(0).asText()).contains("READER_FIELD_MISSING");
    assertThat(get("/subjects/s/versions")).isEqualTo(json("[1]"));
  }

  @Test
  void refusesToTestAgainstWhatDoesNotExist() throws Exception {
    register("s", R1);
    refused("POST", "/compatibility/subjects/s/versions/7", body(R2), 404, 40402);
    refused("POST", "/compatibility/subjects/x/versions/latest", body(R2), 404, 40401);
    refused("POST", "/compatibility/subjects/s/versions/zero", body(R2), 422, 42202);
  }

  @Test
  void deletesASubjectSoftlyThenForGood() throws Exception {
    register("s", R1);
    register("s", R2);
    refused("DELETE", "/subjects/s?permanent=true", null, 404, 40405);
    assertThat(send("DELETE", "/subjects/s", null)).isEqualTo(json("[1,2]"));
    refused("DELETE", "/subjects/s", null, 404, 40404);
    refused("GET", "/subjects/s/versions", null, 404, 40401);
    assertThat(get("/subjects")).isEqualTo(json("[]"));
    assertThat(get("/subjects?deleted=true")).isEqualTo(json("['s']"));
    assertThat(get("/subjects/s/versions?deleted=true")).isEqualTo(json("[1,2]"));
    assertThat(get("/schemas/ids/1/schema")).isEqualTo(JSON.readTree(R1));
    assertThat(send("DELETE", "/subjects/s?permanent=true", null)).isEqualTo(json("[1,2]"));
    refused("GET", "/schemas/ids/1", null, 404, 40403);
    refused("DELETE", "/subjects/s", null, 404, 40401);
    assertThat(register("s", R1)).as("ids never come back").isEqualTo(json("{'id':3}"));
  }

  @Test
  void deletesAVersionSoftlyThenForGood() throws Exception {
    register("s", R1);
    register("s", R2);
    refused("DELETE", "/subjects/s/versions/2?permanent=true", null, 404, 40407);
    assertThat(send("DELETE", "/subjects/s/versions/latest", null)).isEqualTo(json("2"));
    refused("DELETE", "/subjects/s/versions/2", null, 404, 40406);
    refused("GET", "/subjects/s/versions/2", null, 404, 40402);
    assertThat(get("/subjects/s/versions/latest").path("version").asInt()).isEqualTo(1);
    assertThat(send("DELETE", "/subjects/s/versions/2?permanent=true", null)).isEqualTo(json("2"));
    refused("DELETE", "/subjects/s/versions/2", null, 404, 40402);
  }

  @Test
  void aDeletedSchemaComesBackAsANewVersionWithItsOldId() throws Exception {
    register("s", R1);
    send("DELETE", "/subjects/s", null);
    assertThat(register("s", R1)).isEqualTo(json("{'id':1}"));
    assertThat(get("/subjects/s/versions")).isEqualTo(json("[2]"));
  }

  @ParameterizedTest
  @CsvSource({
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE"
  })
  void keepsAnyLevelGloballyAndPerSubject(String level) throws Exception {
    assertThat(get("/config")).isEqualTo(json("{'compatibilityLevel':'BACKWARD'}"));
    refused("GET", "/config/s", null, 404, 40408);
    refused("DELETE", "/config/s", null, 404, 40408);
    String body = "{\"compatibility\":\"" + level + "\"}";
    JsonNode set = json("{'compatibility':'" + level + "'}");
    JsonNode shown = json("{'compatibilityLevel':'" + level + "'}");
    assertThat(send("PUT", "/config", body)).isEqualTo(set);
    assertThat(get("/config")).isEqualTo(shown);
    assertThat(get("/config/s?defaultToGlobal=true")).isEqualTo(shown);
    assertThat(send("PUT", "/config/s", body)).isEqualTo(set);
    assertThat(send("DELETE", "/config", null)).isEqualTo(shown);
    assertThat(get("/config/s")).isEqualTo(shown);
    assertThat(send("DELETE", "/config/s", null)).isEqualTo(shown);
    assertThat(get("/config")).isEqualTo(json("{'compatibilityLevel':'BACKWARD'}"));
  }

  @Test
  void aReadOnlySubjectTakesNoWrites() throws Exception {
    register("s", R1);
    assertThat(get("/mode")).isEqualTo(json("{'mode':'READWRITE'}"));
    refused("GET", "/mode/s", null, 404, 40409);
    assertThat(send("PUT", "/mode/s", "{\"mode\":\"READONLY\"}"))
        .isEqualTo(json("{'mode':'READONLY'}"));
    refused("POST", "/subjects/s/versions", body(R2), 422, 42205);
    refused("DELETE", "/subjects/s", null, 422, 42205);
    assertThat(register("s", R1)).as("what it has is no write").isEqualTo(json("{'id':1}"));
    assertThat(register("t", R2)).isEqualTo(json("{'id':2}"));
    assertThat(send("DELETE", "/mode/s", null)).isEqualTo(json("{'mode':'READONLY'}"));
    send("PUT", "/mode", "{\"mode\":\"READONLY_OVERRIDE\"}");
    refused("POST", "/subjects/s/versions", body(R2), 422, 42205);
    refused("PUT", "/mode/s", "{\"mode\":\"READONLY_OVERRIDE\"}", 422, 42204);
    refused("PUT", "/mode", "{\"mode\":\"IMPORT\"}", 422, 42204);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "GET;/subjects/none/versions;;404;40401",
        "GET;/schemas/ids/99;;404;40403",
        "GET;/schemas/ids/x;;404;404",
        "GET;/nowhere;;404;404",
        "GET;/subjects/s/versions/0;;422;42202",
        "GET;/subjects/s/versions/99999999999;;422;42202",
        "PUT;/subjects;{};405;405",
        "GET;/compatibility/subjects/s/versions;;405;405",
        "POST;/config;{};405;405",
        "PUT;/config;{\"compatibility\":\"SIDEWAYS\"};422;42203",
        "PUT;/config;{};422;42203",
        "PUT;/config;[];400;400",
        "PUT;/config;{broken;400;400",
        "POST;/subjects/s/versions;;400;400",
        "POST;/subjects/s/versions;{};422;42201",
        "POST;/subjects/s/versions;{\"schema\":12};422;42201",
        "POST;/subjects/s/versions;{\"schema\":\"\"};422;42201",
        "POST;/subjects/s/versions;{\"schema\":\"{}\"};422;42201",
        "POST;/subjects/s/versions;{\"schema\":\"no json\"};422;42201",
        "POST;/subjects/s/versions;{\"schema\":\"\\\"int\\\"\",\"schemaType\":\"JSON\"};422;42201",
        "POST;/subjects/s/versions;{\"schema\":\"\\\"int\\\"\",\"references\":[{}]};422;42201",
        "POST;/subjects/s/versions;{\"schema\":\"\\\"int\\\"\",\"shema\":1};422;422",
        "POST;/subjects/%0a/versions;{\"schema\":\"\\\"int\\\"\"};422;42208",
      })
  void refusesWithConfluentsCodes(
      String method, String path, @Nullable String body, int status, int code) throws Exception {
    refused(method, path, body, status, code);
  }

  @Test
  void refusesOtherMediaTypesAndBodiesThatAreTooLong() throws Exception {
    HttpRequest xml =
        request("/subjects/s/versions")
            .header("Content-Type", "text/xml")
            .POST(BodyPublishers.ofString("<a/>"))
            .build();
    assertThat(HTTP.send(xml, BodyHandlers.ofString()).statusCode()).isEqualTo(415);
    HttpRequest picky = request("/subjects").header("Accept", "text/html").build();
    assertThat(HTTP.send(picky, BodyHandlers.ofString()).statusCode()).isEqualTo(406);
    refused(
        "POST",
        "/subjects/s/versions",
        "\"" + "x".repeat(RegistryHandler.BODY_BYTES_MAX) + "\"",
        413,
        413);
  }

  @Test
  void refusesASchemaNestedTooDeeplyAndGoesOn() throws Exception {
    String deep = "{\"type\":\"array\",\"items\":".repeat(5_000) + INT + "}".repeat(5_000);
    refused("POST", "/subjects/s/versions", body(deep), 422, 42201);
    assertThat(register("s", INT)).isEqualTo(json("{'id':1}"));
  }

  @Test
  void takesSubjectsWithAnyPrintableCharacters() throws Exception {
    assertThat(register("tool%20calls%2Fx%2B-value", R1)).isEqualTo(json("{'id':1}"));
    assertThat(get("/subjects")).isEqualTo(json("['tool calls/x+-value']"));
    assertThat(get("/subjects/tool%20calls%2Fx+-value/versions")).isEqualTo(json("[1]"));
    assertThat(get("/subjects?subjectPrefix=tool%20")).hasSize(1);
    assertThat(get("/subjects?subjectPrefix=other")).isEmpty();
  }

  @Test
  void answersInConfluentsMediaType() throws Exception {
    HttpRequest request =
        request("/subjects").header("Accept", RegistryHandler.V1_JSON + "; q=0.9, */*").build();
    HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
    assertThat(answer.headers().firstValue("Content-Type")).contains(RegistryHandler.V1_JSON);
  }

  private JsonNode register(String subject, String schema) throws Exception {
    return send("POST", "/subjects/" + subject + "/versions", body(schema));
  }

  private JsonNode get(String path) throws Exception {
    return send("GET", path, null);
  }

  private JsonNode send(String method, String path, @Nullable String body) throws Exception {
    HttpResponse<String> answer = exchange(method, path, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private JsonNode refused(String method, String path, @Nullable String body, int status, int code)
      throws Exception {
    HttpResponse<String> answer = exchange(method, path, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(answer.body());
    assertThat(error.path("error_code").asInt()).isEqualTo(code);
    assertThat(error.path("message").asText()).isNotBlank();
    return error;
  }

  private HttpResponse<String> exchange(String method, String path, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        request(path)
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .header("Content-Type", RegistryHandler.V1_JSON)
            .build();
    return HTTP.send(request, BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path));
  }

  private static String body(String schema) throws IOException {
    return JSON.writeValueAsString(JSON.createObjectNode().put("schema", schema));
  }

  private static String record(String fields) {
    return ("{'type':'record','name':'R','fields':[" + fields + "]}").replace('\'', '"');
  }

  private static JsonNode json(String text) throws IOException {
    return JSON.readTree(text.replace('\'', '"'));
  }
}
