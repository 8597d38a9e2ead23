package io.millrace.platform.demo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.events.HttpTool;
import io.millrace.events.TargetKind;
import io.millrace.events.TargetSpec;
import io.millrace.platform.demo.analysis.Analysis;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/** The declarations of the demo's tools and of its pool, as a user would write and apply them. */
final class DemoTargets {

  /** The pool of the step in which a worker is killed. */
  static final String CRASH_POOL = "demo-crash";

  private static final String PREFIX = "demo-";
  private static final Duration CACHED = Duration.ofMinutes(5);

  private DemoTargets() {}

  /** An analysis of one tree and of no other. */
  static TargetSpec analysis(Analysis analysis, Path root) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("type", "object").putArray("required").add("root");
    schema.putObject("properties").putObject("root").put("const", root.toString());
    return tool(analysis.name())
        .setDescription(analysis.description())
        .setBuiltin(analysis.name())
        .setArgumentsSchema(schema.toString())
        .setIdempotent(true)
        .setCacheTtlMs(CACHED.toMillis())
        .setTimeoutMs(Duration.ofMinutes(5).toMillis())
        .setDeadlineMs(Duration.ofMinutes(5).toMillis())
        .build();
  }

  /** An HTTP source whose answers may be kept. */
  static TargetSpec source(String name, URI address) {
    return http(name, address).setCacheTtlMs(CACHED.toMillis()).build();
  }

  /** An HTTP source that is never cached nor tried again, with a circuit that is quick to open. */
  static TargetSpec flaky(String name, URI address, Duration open) {
    return http(name + "-uncached", address)
        .setAttemptsMax(1)
        .setFailureVolumeOpen(5)
        .setOpenMs(open.toMillis())
        .build();
  }

  /** A tool that appends a line to a file and then takes its time. */
  static TargetSpec effect(String name, boolean idempotent) {
    return tool(name)
        .setBuiltin("append-line")
        .setPool(CRASH_POOL)
        .setIdempotent(idempotent)
        .build();
  }

  /** A tool that gives its arguments back. */
  static TargetSpec echo() {
    return tool("echo").setBuiltin("echo").setIdempotent(true).build();
  }

  /** The pool of the step in which a worker is killed. */
  static TargetSpec crashPool() {
    return TargetSpec.newBuilder()
        .setTarget("pool:" + CRASH_POOL)
        .setName(CRASH_POOL)
        .setPool(CRASH_POOL)
        .build();
  }

  private static TargetSpec.Builder http(String name, URI address) {
    return tool(name)
        .setHttp(HttpTool.newBuilder().setMethod("GET").setUrl(address + "?q={q}").build())
        .setIdempotent(true)
        .setTimeoutMs(Duration.ofSeconds(5).toMillis());
  }

  private static TargetSpec.Builder tool(String name) {
    return TargetSpec.newBuilder()
        .setTarget("tool:" + PREFIX + name)
        .setKind(TargetKind.TOOL)
        .setName(PREFIX + name);
  }
}
