package io.millrace.platform.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a platform is.
 *
 * @param bootstrap the brokers, {@code HOST:PORT}, separated by commas
 * @param registry URL of the schema registry; null where none was named
 * @param http URL of metrics and readiness; null where none is known
 */
record Addresses(String bootstrap, @Nullable String registry, @Nullable String http) {
  private static final int CONNECT_TIMEOUT_MS = 3_000;
  private static final Pattern REGISTRY_URL = Pattern.compile("https?://[^/?#]");

  /**
   * The registry's URL.
   *
   * @throws CommandException if none was named
   */
  String requiredRegistry() {
    if (registry == null) {
      throw CommandException.usage(
          "the schema registry is not known: give --registry URL beside --bootstrap");
    }
    if (!REGISTRY_URL.matcher(registry).lookingAt()) {
      throw CommandException.usage(
          "--registry: expected a URL such as http://127.0.0.1:8081, but '"
              + registry
              + "' is given");
    }
    return registry;
  }

  /**
   * Makes sure that something listens at one of the broker's addresses, so that the user is told at
   * once where a Kafka client would try for long.
   *
   * @throws CommandException if nothing does
   */
  void requireBroker() {
    List<String> failures = new ArrayList<>();
    for (String address : bootstrap.split(",", -1)) {
      Optional<String> failure = connectFailure(address.strip());
      if (failure.isEmpty()) {
        return;
      }
      failures.add(failure.get());
    }
    throw CommandException.unreachable(
        "no broker answers: "
            + String.join("; ", failures)
            + "; start one with 'millrace up', or name another with --bootstrap HOST:PORT",
        null);
  }

  /** Why no connection to the address can be opened; empty when one can. */
  static Optional<String> connectFailure(String address) {
    int colon = address.lastIndexOf(':');
    try (Socket socket = new Socket()) {
      String host = address.substring(0, Math.max(0, colon)).replaceAll("[\\[\\]]", "");
      int port = Integer.parseInt(address.substring(colon + 1));
      if (host.isEmpty() || port < 1 || port > 65_535) {
        throw new NumberFormatException();
      }
      socket.connect(new InetSocketAddress(host, port), CONNECT_TIMEOUT_MS);
      return Optional.empty();
    } catch (NumberFormatException e) {
      throw CommandException.usage("expected HOST:PORT, but '" + address + "' is given");
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      return Optional.of(address + " (" + why + ")");
    }
  }
}
