package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.apache.kafka.common.utils.AppInfoParser;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;

/** {@code millrace version}: the versions of Millrace, Kafka and Java. */
@Command(
    name = "version",
    mixinStandardHelpOptions = true,
    description = "Print the versions of Millrace, Kafka and Java.")
final class VersionCommand implements Callable<Integer>, IVersionProvider {
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    output.out().println(String.join("\n", getVersion()));
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("millrace", millrace());
    json.put("kafka", AppInfoParser.getVersion());
    json.put("java", System.getProperty("java.version"));
    output.writeJson(json);
    return ExitCode.OK;
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "millrace " + millrace(),
      "kafka " + AppInfoParser.getVersion(),
      "java " + System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")"
    };
  }

  /** From the jar's manifest; absent when run from class files. */
  static String millrace() {
    String version = VersionCommand.class.getPackage().getImplementationVersion();
    return version == null ? "from source" : version;
  }
}
