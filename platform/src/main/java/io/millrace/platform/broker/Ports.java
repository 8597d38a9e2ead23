package io.millrace.platform.broker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/**
 * Two different ports of 127.0.0.1 that were free a moment ago.
 *
 * @param client where clients connect
 * @param controller where broker and controller talk
 */
record Ports(int client, int controller) {

  /**
   * @param wanted the client port, 0 for any free one
   * @throws BrokerStartException when the wanted port is in use
   */
  static Ports choose(int wanted) {
    try (ServerSocket client = bind(wanted);
        ServerSocket controller = bind(0)) {
      return new Ports(client.getLocalPort(), controller.getLocalPort());
    } catch (IOException e) {
      throw new BrokerStartException(
          wanted == 0
              ? "No port is free on 127.0.0.1: " + e.getMessage()
              : "Port "
                  + wanted
                  + " on 127.0.0.1 is in use, and the broker needs it. Stop the program that holds"
                  + " it, give another --port, or --port 0 for any free one.",
          e);
    }
  }

  private static ServerSocket bind(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      socket.bind(
          new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 1);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
