package io.millrace.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.platform.broker.BrokerOptions;
import io.millrace.platform.broker.EmbeddedBroker;
import io.millrace.platform.provision.Provisioner;
import io.millrace.platform.registry.SchemaRegistryServer;
import io.millrace.schemas.topics.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvisionCommandTest {
  @Test
  void aClusterOfItsOwnGetsTheCatalogueOnceAndItsSchemas(@TempDir Path directory) throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(BrokerOptions.of(directory, 0));
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      new Provisioner(admin, Duration.ofSeconds(20))
          .provision(List.of(SchemaRegistryServer.topic()));
      try (SchemaRegistryServer registry =
          SchemaRegistryServer.start(broker.bootstrapServers(), 0)) {
        String[] command = {
          "provision",
          "--bootstrap",
          broker.bootstrapServers(),
          "--registry",
          registry.url(),
          "--json",
          "-"
        };
        Session first = Session.run(command);
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.json().path("created")).hasSize(Topics.all().size());
        Session again = Session.run(command);
        assertThat(again.code()).as(again.err()).isZero();
        assertThat(again.json().path("created")).isEmpty();
        assertThat(
                admin
                    .describeTopics(List.of(Topics.TOOL_CALLS.name()))
                    .allTopicNames()
                    .get()
                    .get(Topics.TOOL_CALLS.name())
                    .partitions())
            .hasSize(Topics.TOOL_CALLS.spread().cluster());
      }
    }
  }
}
