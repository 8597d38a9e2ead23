package io.millrace.platform.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.platform.provision.Provisioner;
import io.millrace.schemas.serde.TopicSchemas;
import io.millrace.schemas.topics.Topics;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.NewTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code millrace provision}: creates the catalogue's topics on a cluster and registers schemas.
 */
@Command(
    name = "provision",
    mixinStandardHelpOptions = true,
    description = "Create the catalogue's topics on a cluster and register their schemas.",
    footer = {
      "",
      "For a cluster of its own: 'millrace up' does it for the embedded platform. Keyed topics get",
      "24 partitions, replicas as the cluster's default says. What is there stays as it is."
    })
final class ProvisionCommand implements Callable<Integer> {
  @Mixin private ConnectionOptions connection;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    try (Cluster cluster = connection.connect()) {
      List<NewTopic> topics = Topics.all().stream().map(Provisioner::clustered).toList();
      List<String> created = new Provisioner(cluster.admin(), Cluster.WAIT_MAX).provision(topics);
      TopicSchemas.register(Topics.all(), cluster.serdeSettings());
      output
          .out()
          .println(
              "%d topics created, %d were there"
                  .formatted(created.size(), topics.size() - created.size()));
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("topics", topics.size());
      created.forEach(json.putArray("created")::add);
      output.writeJson(json);
    }
    return ExitCode.OK;
  }
}
