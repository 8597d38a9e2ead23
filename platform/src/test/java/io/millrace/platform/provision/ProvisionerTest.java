package io.millrace.platform.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.platform.broker.BrokerOptions;
import io.millrace.platform.broker.EmbeddedBroker;
import io.millrace.schemas.topics.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvisionerTest {

  private static EmbeddedBroker broker;
  private static Admin admin;

  @BeforeAll
  static void start(@TempDir Path folder) {
    broker = EmbeddedBroker.start(BrokerOptions.of(folder, 0));
    admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
  }

  @AfterAll
  static void stop() {
    admin.close();
    broker.close();
  }

  @Test
  void createsTheCatalogueOnceWithItsSettings() throws Exception {
    List<NewTopic> topics = Topics.all().stream().map(Provisioner::embedded).toList();
    assertThat(provisioner().provision(topics))
        .containsExactlyInAnyOrderElementsOf(topics.stream().map(NewTopic::name).toList());
    assertThat(provisioner().provision(topics)).isEmpty();
    ConfigResource targets = new ConfigResource(ConfigResource.Type.TOPIC, Topics.TARGETS.name());
    assertThat(admin.describeConfigs(List.of(targets)).all().get())
        .hasEntrySatisfying(
            targets,
            config -> assertThat(config.get("cleanup.policy").value()).isEqualTo("compact"));
  }

  @Test
  void createsOnlyWhatIsMissing() {
    provisioner().provision(List.of(topic("one", 2)));
    assertThat(provisioner().provision(List.of(topic("one", 2), topic("two", 1))))
        .containsExactly("two");
  }

  @Test
  void namesEveryTopicWhosePartitionsDifferAndCreatesNothing() throws Exception {
    provisioner().provision(List.of(topic("narrow", 2), topic("wide", 5)));
    assertThatThrownBy(
            () ->
                provisioner()
                    .provision(List.of(topic("narrow", 4), topic("wide", 4), topic("not-made", 1))))
        .isInstanceOf(ProvisioningException.class)
        .hasMessageContaining("narrow has 2 partitions instead of 4")
        .hasMessageContaining("wide has 5 partitions instead of 4");
    assertThat(admin.listTopics().names().get()).doesNotContain("not-made");
  }

  @Test
  void saysWhichTopicTheBrokerRefuses() {
    assertThatThrownBy(
            () ->
                provisioner()
                    .provision(List.of(topic("odd", 1).configs(Map.of("no.such.setting", "1")))))
        .isInstanceOf(ProvisioningException.class)
        .hasMessageContaining("odd")
        .hasMessageContaining("no.such.setting");
  }

  private static Provisioner provisioner() {
    return new Provisioner(admin, Duration.ofSeconds(20));
  }

  private static NewTopic topic(String name, int partitions) {
    return new NewTopic(name, Optional.of(partitions), Optional.empty());
  }
}
