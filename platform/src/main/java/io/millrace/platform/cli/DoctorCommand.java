package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace doctor}: looks for faults and says what to do about each. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = "Check Java, disk, ports, broker and registry, and say what to do about faults.")
final class DoctorCommand implements Callable<Integer> {
  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  @Option(
      names = "--ports",
      split = ",",
      paramLabel = "PORT",
      defaultValue =
          UpCommand.PORT
              + ","
              + UpCommand.REGISTRY_PORT
              + ","
              + UpCommand.HTTP_PORT
              + ","
              + UpCommand.GATEWAY_PORT,
      description = "Ports to look at (${DEFAULT-VALUE}).")
  private List<Integer> ports;

  @Override
  public Integer call() {
    List<Check> checks = new ArrayList<>();
    if (!connection.byAddress()) {
      checks.addAll(new MachineChecks(connection.data()).run(ports));
    } else {
      checks.add(MachineChecks.java(Runtime.version().feature()));
    }
    checks.addAll(platform());
    print(checks);
    output.writeJson(json(checks));
    return failed(checks) ? ExitCode.FAILED : ExitCode.OK;
  }

  private List<Check> platform() {
    try (Cluster cluster = connection.connect()) {
      return new PlatformChecks(cluster).run();
    } catch (CommandException e) {
      List<Check> checks = new ArrayList<>();
      checks.add(
          Check.failed(
              "broker",
              String.valueOf(e.getMessage()).replaceAll("; start one with .*", ""),
              "start one with 'millrace up', or name it with --bootstrap HOST:PORT"));
      if (connection.byAddress()) {
        // Not asked for the broker's: both may be away.
        checks.add(PlatformChecks.registry(connection.addresses()));
      }
      return checks;
    }
  }

  private static boolean failed(List<Check> checks) {
    return checks.stream().anyMatch(check -> check.state() == Check.State.FAILED);
  }

  private void print(List<Check> checks) {
    PrintWriter out = output.out();
    Help.Ansi ansi = output.ansi();
    int width = checks.stream().mapToInt(check -> check.name().length()).max().orElse(0);
    for (Check check : checks) {
      String state =
          switch (check.state()) {
            case OK -> ansi.string("@|green ok     |@");
            case WARNING -> ansi.string("@|yellow warning|@");
            case FAILED -> ansi.string("@|red FAILED |@");
            case SKIPPED -> ansi.string("@|faint skipped|@");
          };
      String name = check.name() + " ".repeat(width - check.name().length());
      out.println(state + "  " + name + "  " + check.detail());
      if (!check.advice().isEmpty()) {
        out.println(" ".repeat(width + 11) + "→ " + check.advice());
      }
    }
    out.flush();
  }

  private static ObjectNode json(List<Check> checks) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("ok", !failed(checks));
    ArrayNode array = document.putArray("checks");
    for (Check check : checks) {
      ObjectNode one = array.addObject();
      one.put("name", check.name());
      one.put("state", check.state().name().toLowerCase(Locale.ROOT));
      one.put("ok", check.state() != Check.State.FAILED);
      one.put("detail", check.detail());
      one.put("advice", check.advice());
    }
    return document;
  }
}
