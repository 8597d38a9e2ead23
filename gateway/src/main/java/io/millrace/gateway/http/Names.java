package io.millrace.gateway.http;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges by the headers Host and Origin whether a request was meant for this gateway by who sent
 * it.
 *
 * <p>A page from anywhere that is open in a browser on this machine can send requests to loopback.
 * It could read the answers if its own name were made to resolve to 127.0.0.1 (DNS rebinding): then
 * Host is that name, and is refused. And it can send what needs no leave of the server's, such as a
 * POST of text, and open WebSockets: then Origin is the page's, and is refused if it is another
 * than Host. Programs send no Origin.
 */
final class Names {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private final Set<String> allowed;
  private final boolean any;

  /**
   * Names of a gateway.
   *
   * @param host address it listens on
   * @param names allowed besides those of loopback; {@code *}: any; none on another address than
   *     loopback: any
   */
  Names(String host, List<String> names) {
    boolean loopback = LOOPBACK.contains(host) || host.startsWith("127.") || host.equals("::1");
    this.any = names.contains("*") || (names.isEmpty() && !loopback);
    this.allowed =
        names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
  }

  /**
   * Why a request is refused; null if it is not.
   *
   * @param host header Host, or HTTP/2's authority
   * @param origin header Origin
   */
  @Nullable Refusal judge(@Nullable String host, @Nullable String origin) {
    if (host == null || !(any || known(withoutPort(host.toLowerCase(Locale.ROOT))))) {
      return new Refusal(
          421,
          "HOST_UNKNOWN",
          "The header Host is '"
              + host
              + "', which is no name of this gateway; use localhost, or add the name to the"
              + " setting gateway.names.");
    }
    if (origin != null && !sameHost(origin, host)) {
      return new Refusal(
          403,
          "ORIGIN_FOREIGN",
          "The page of '" + origin + "' is not of this gateway, and may not use it.");
    }
    return null;
  }

  private boolean known(String name) {
    return LOOPBACK.contains(name) || allowed.contains(name);
  }

  private static boolean sameHost(String origin, String host) {
    try {
      String authority = URI.create(origin).getAuthority();
      return authority != null && authority.equalsIgnoreCase(host);
    } catch (IllegalArgumentException notAnOrigin) {
      return false;
    }
  }

  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    return colon < 0 || host.endsWith("]") ? host : host.substring(0, colon);
  }
}
