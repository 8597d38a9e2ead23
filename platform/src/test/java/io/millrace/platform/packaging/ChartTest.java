package io.millrace.platform.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.millrace.events.ScalingPolicy;
import io.millrace.gateway.GatewayConfig;
import io.millrace.inference.InferenceWorkerConfig;
import io.millrace.inference.onnx.SeededModels;
import io.millrace.platform.apply.TargetsFile;
import io.millrace.schemas.config.Settings;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The chart of a packaged model, by Helm itself. */
class ChartTest {
  private static Path chart;
  private static Path withoutHooks;

  @TempDir Path folder;

  @BeforeAll
  static void make(@TempDir Path shared) throws Exception {
    Path model = shared.resolve("sum");
    SeededModels.tiny().write(model.resolve("1/model.onnx"));
    Path out = shared.resolve("out");
    int unused = ModelPackage.of(model, "registry.example/sum:7", "base:1").write("", out);
    chart = out.resolve("chart");
    withoutHooks = shared.resolve("without-hooks");
    copyWithoutHooks();
  }

  /** The binding leaves hooks out of what it renders: here they are resources like the others. */
  private static void copyWithoutHooks() throws Exception {
    try (var files = Files.walk(chart)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = withoutHooks.resolve(chart.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.writeString(
            copy,
            Files.readString(file)
                .replaceAll("(?m)^ +annotations:\\n( +helm\\.sh/hook.*\\n)+", ""));
      }
    }
  }

  /** What Helm makes of the chart, by kind and name. */
  private static Map<String, HasMetadata> rendered(String... values) {
    TemplateCommand command = new Helm(withoutHooks).template().withName("r").withNamespace("n");
    for (int i = 0; i < values.length; i += 2) {
      command.set(values[i], values[i + 1]);
    }
    Map<String, HasMetadata> resources = new TreeMap<>();
    KubernetesSerialization serialization = new KubernetesSerialization();
    for (String document : command.call().split("(?m)^---$")) {
      if (document.lines().anyMatch(line -> line.startsWith("kind:"))) {
        HasMetadata resource = serialization.unmarshal(document);
        resources.put(resource.getKind() + " " + resource.getMetadata().getName(), resource);
      }
    }
    return resources;
  }

  private static <T extends HasMetadata> T one(
      Map<String, HasMetadata> resources, Class<T> type, String name) {
    return type.cast(resources.get(type.getSimpleName() + " " + name));
  }

  @Test
  void helmFindsNothingToComplainOf() {
    LintResult lint = new Helm(chart).lint().strict().call();

    assertThat(lint.isFailed()).as(lint.getMessages().toString()).isFalse();
    assertThat(lint.getMessages()).noneMatch(message -> message.contains("[WARNING]"));
  }

  @Test
  void theChartHasWhatAServiceNeeds() {
    Map<String, HasMetadata> resources = rendered();

    assertThat(resources.keySet())
        .containsExactlyInAnyOrder(
            "ConfigMap r",
            "Deployment r-gateway",
            "Deployment r-worker",
            "HorizontalPodAutoscaler r-worker",
            "Job r-declare",
            "NetworkPolicy r",
            "NetworkPolicy r-gateway",
            "Pod r-smoke",
            "PodDisruptionBudget r-worker",
            "Service r",
            "ServiceAccount r");
  }

  @Test
  void noResourceHasAKeyThatKubernetesDoesNotKnow() throws Exception {
    for (HasMetadata resource : rendered().values()) {
      assertThat(resource).isNotInstanceOf(GenericKubernetesResource.class);
      assertThat(unknown(resource, resource.getKind())).isEmpty();
    }
  }

  /** The paths of keys that were read, but belong to no field. */
  private static List<String> unknown(Object bean, String path) throws Exception {
    List<String> found = new ArrayList<>();
    for (Method method : bean.getClass().getMethods()) {
      if (!method.getName().startsWith("get") || method.getParameterCount() > 0) {
        continue;
      }
      Object value = method.invoke(bean);
      String at = path + "." + method.getName().substring(3);
      if (method.getName().equals("getAdditionalProperties")) {
        ((Map<?, ?>) value).keySet().forEach(key -> found.add(path + "." + key));
      } else if (value instanceof Collection<?> items) {
        for (Object item : items) {
          found.addAll(model(item) ? unknown(item, at) : List.of());
        }
      } else if (model(value)) {
        found.addAll(unknown(value, at));
      }
    }
    return found;
  }

  private static boolean model(Object value) {
    return value != null
        && !value.getClass().isEnum()
        && value.getClass().getName().startsWith("io.fabric8.kubernetes.api.model.");
  }

  private static Map<String, PodSpec> pods(Map<String, HasMetadata> resources) {
    Map<String, PodSpec> pods = new TreeMap<>();
    resources.forEach(
        (name, resource) -> {
          if (resource instanceof Deployment deployment) {
            pods.put(name, deployment.getSpec().getTemplate().getSpec());
          } else if (resource instanceof Job job) {
            pods.put(name, job.getSpec().getTemplate().getSpec());
          } else if (resource instanceof Pod pod) {
            pods.put(name, pod.getSpec());
          }
        });
    return pods;
  }

  /** Kubernetes' Pod Security Standard "restricted". */
  @Test
  void everyPodIsRestricted() {
    Map<String, PodSpec> pods = pods(rendered());
    assertThat(pods).hasSize(4);
    pods.forEach(
        (name, pod) -> {
          assertThat(pod.getSecurityContext().getRunAsNonRoot()).as(name).isTrue();
          assertThat(pod.getSecurityContext().getRunAsUser()).isPositive();
          assertThat(pod.getSecurityContext().getSeccompProfile().getType())
              .isEqualTo("RuntimeDefault");
          assertThat(pod.getAutomountServiceAccountToken()).isFalse();
          assertThat(pod.getServiceAccountName()).isEqualTo("r");
          for (Container container : pod.getContainers()) {
            assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
            assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
            assertThat(container.getSecurityContext().getCapabilities().getDrop())
                .containsExactly("ALL");
            assertThat(container.getImage()).isEqualTo("registry.example/sum:7");
            assertThat(container.getResources().getLimits()).containsKey("memory");
            assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
            assertThat(container.getVolumeMounts()).anyMatch(m -> m.getMountPath().equals("/tmp"));
          }
        });
  }

  @Test
  void whatServesIsProbed() {
    Map<String, HasMetadata> resources = rendered();
    for (String name : List.of("r-worker", "r-gateway")) {
      Container container =
          one(resources, Deployment.class, name)
              .getSpec()
              .getTemplate()
              .getSpec()
              .getContainers()
              .get(0);
      assertThat(container.getStartupProbe()).as(name).isNotNull();
      assertThat(container.getReadinessProbe()).isNotNull();
      assertThat(container.getLivenessProbe()).isNotNull();
    }
  }

  @Test
  void selectorsFindTheirPods() {
    Map<String, HasMetadata> resources = rendered();
    Map<String, String> worker = labels(resources, "r-worker");
    Map<String, String> gateway = labels(resources, "r-gateway");

    assertThat(gateway)
        .containsAllEntriesOf(one(resources, Service.class, "r").getSpec().getSelector());
    assertThat(worker)
        .doesNotContainEntry("app.kubernetes.io/component", "gateway")
        .containsAllEntriesOf(
            one(resources, PodDisruptionBudget.class, "r-worker")
                .getSpec()
                .getSelector()
                .getMatchLabels())
        .containsAllEntriesOf(
            one(resources, NetworkPolicy.class, "r").getSpec().getPodSelector().getMatchLabels());
    assertThat(
            one(resources, HorizontalPodAutoscaler.class, "r-worker")
                .getSpec()
                .getScaleTargetRef()
                .getName())
        .isEqualTo("r-worker");
  }

  private static Map<String, String> labels(Map<String, HasMetadata> resources, String name) {
    Deployment deployment = one(resources, Deployment.class, name);
    Map<String, String> labels = deployment.getSpec().getTemplate().getMetadata().getLabels();
    assertThat(labels).containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels());
    return labels;
  }

  @Test
  void theSettingsAreThoseThatWorkerAndGatewayTake() throws Exception {
    Map<String, String> data =
        one(
                rendered(
                    "kafka.bootstrap", "a:1",
                    "kafka.settings.security\\.protocol", "SSL",
                    "worker.settings.memory\\.bytes", "1000000",
                    "gateway.settings.requests\\.max", "7"),
                ConfigMap.class,
                "r")
            .getData();

    InferenceWorkerConfig worker = new InferenceWorkerConfig(settings(data, "worker.properties"));
    assertThat(worker.pools()).containsExactly("sum");
    assertThat(worker.kafka())
        .containsEntry("security.protocol", "SSL")
        .containsEntry("bootstrap.servers", List.of("a:1"));
    assertThat(worker.getLong("memory.bytes")).isEqualTo(1_000_000);
    GatewayConfig gateway = new GatewayConfig(settings(data, "gateway.properties"));
    assertThat(gateway.getInt("requests.max")).isEqualTo(7);
    Path config = chart.resolveSibling("config");
    assertThat(
            new InferenceWorkerConfig(Settings.read(config.resolve("worker.properties"))).pools())
        .containsExactly("sum");
    assertThat(
            new GatewayConfig(Settings.read(config.resolve("gateway.properties")))
                .getString("gateway.host"))
        .isEqualTo("0.0.0.0");
  }

  private Map<String, String> settings(Map<String, String> data, String name) throws Exception {
    return Settings.read(Files.writeString(folder.resolve(name), data.get(name)));
  }

  @Test
  void scalingFollowsCpuOrWhatWaitsOrNothing() {
    assertThat(rendered("autoscaling.kind", "none").keySet())
        .noneMatch(name -> name.startsWith("Horizontal") || name.startsWith("Scaled"));
    assertThat(
            one(rendered("autoscaling.kind", "none"), Deployment.class, "r-worker")
                .getSpec()
                .getReplicas())
        .isEqualTo(2);
    Map<String, HasMetadata> keda = rendered("autoscaling.kind", "keda");
    assertThat(one(keda, Deployment.class, "r-worker").getSpec().getReplicas()).isNull();
    GenericKubernetesResource scaled =
        (GenericKubernetesResource) keda.get("ScaledObject r-worker");
    assertThat(scaled.getApiVersion()).isEqualTo("keda.sh/v1alpha1");
    assertThat(scaled.get("spec", "triggers", 0, "metadata", "query").toString())
        .isEqualTo("sum(nv_inference_pending_request_count{model=\"sum\"})");
    assertThat(scaled.get("spec", "scaleTargetRef", "name").toString()).isEqualTo("r-worker");
  }

  @Test
  void scalingFollowsWhatMillraceDecidesByThePolicyThatTheChartDeclares() throws Exception {
    Map<String, HasMetadata> chart =
        rendered(
            "autoscaling.kind", "decisions",
            "autoscaling.minReplicas", "0",
            "autoscaling.decisions.objective", "250ms");
    GenericKubernetesResource scaled =
        (GenericKubernetesResource) chart.get("ScaledObject r-worker");
    assertThat(scaled.get("spec", "minReplicaCount").toString()).isEqualTo("0");
    assertThat(scaled.get("spec", "triggers", 0, "metricType").toString())
        .isEqualTo("AverageValue");
    assertThat(scaled.get("spec", "triggers", 0, "metadata", "query").toString())
        .isEqualTo("max(millrace_pool_replicas{pool=\"sum\"})");
    assertThat(scaled.get("spec", "triggers", 0, "metadata", "threshold").toString())
        .isEqualTo("1");
    TargetsFile declared =
        TargetsFile.parse(
            "pool.yaml", one(chart, ConfigMap.class, "r-pool").getData().get("pool.yaml"));
    assertThat(declared.pools()).hasSize(1);
    ScalingPolicy policy = declared.pools().get(0).getScaling();
    assertThat(policy.getReplicasMin()).isEqualTo(1);
    assertThat(policy.getReplicasMax()).isEqualTo(10);
    assertThat(policy.getToZero()).isTrue();
    assertThat(policy.getObjectiveMs()).isEqualTo(250);
    assertThat(policy.getStartUpMs()).isEqualTo(60_000);
    assertThat(policy.getCoolDownMs()).isEqualTo(300_000);
    assertThat(policy.getSlots()).isEqualTo(64);
    Container pool =
        one(chart, Job.class, "r-declare")
            .getSpec()
            .getTemplate()
            .getSpec()
            .getInitContainers()
            .get(0);
    assertThat(pool.getArgs()).contains("--file=/opt/millrace/pool/pool.yaml");
    assertThat(scaled.get("spec", "triggers", 0, "metadata", "ignoreNullValues").toString())
        .isEqualTo("false");
    assertThat(rendered("autoscaling.kind", "hpa").keySet()).doesNotContain("ConfigMap r-pool");
  }

  @Test
  void partsThatAreNotWantedAreLeftOut() {
    assertThat(
            rendered(
                    "gateway.enabled", "false",
                    "networkPolicy.enabled", "false",
                    "podDisruptionBudget.enabled", "false",
                    "declare.enabled", "false")
                .keySet())
        .containsExactlyInAnyOrder(
            "ConfigMap r",
            "Deployment r-worker",
            "HorizontalPodAutoscaler r-worker",
            "Pod r-smoke",
            "ServiceAccount r");
  }

  @Test
  void valuesThatDoNotDoAreRefused() {
    for (List<String> wrong :
        List.of(
            List.of("kafka.bootstrap", "nowhere"),
            List.of("image.tag", "latest"),
            List.of("autoscaling.kind", "magic"),
            List.of("worker.device", "tpu"))) {
      assertThatThrownBy(() -> rendered(wrong.get(0), wrong.get(1)))
          .as(wrong.toString())
          .hasMessageContaining("schema");
    }
  }
}
