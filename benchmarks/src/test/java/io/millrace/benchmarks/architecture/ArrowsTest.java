package io.millrace.benchmarks.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.millrace.events.ToolCall;
import io.millrace.schemas.topics.Topics;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the arrows between modules: which packages each may see of the others'. */
class ArrowsTest {

  private static final String OURS = "io.millrace..";
  private static final String SCHEMAS = "io.millrace.schemas..";
  private static final String EVENTS = "io.millrace.events..";
  private static final String STATE = "io.millrace.state..";
  private static final String TOPOLOGIES = "io.millrace.topologies..";
  private static final String WORKER_RUNTIME = "io.millrace.worker..";
  private static final String TOOL_WORKER = "io.millrace.toolworker..";
  private static final String INFERENCE_WORKER = "io.millrace.inference..";
  private static final String GATEWAY = "io.millrace.gateway..";

  /**
   * What each module may see beside itself. {@code platform} and {@code benchmarks} may see all and
   * are seen by none of these.
   */
  private static final Map<String, List<String>> SEES =
      Map.of(
          EVENTS, List.of(),
          STATE, List.of(EVENTS),
          SCHEMAS, List.of(EVENTS),
          TOPOLOGIES, List.of(SCHEMAS, EVENTS, STATE),
          WORKER_RUNTIME, List.of(SCHEMAS, EVENTS),
          TOOL_WORKER, List.of(SCHEMAS, EVENTS, WORKER_RUNTIME),
          INFERENCE_WORKER, List.of(SCHEMAS, EVENTS, WORKER_RUNTIME),
          GATEWAY, List.of(SCHEMAS, EVENTS));

  static List<String> modules() {
    return SEES.keySet().stream().sorted().toList();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void aModuleSeesOnlyWhatItsArrowsAllow(String module) {
    arrowsOf(module, SEES.getOrDefault(module, List.of())).check(Production.classes());
  }

  @Test
  void theEmbeddedPlatformDoesNotSeeTheBenchmarks() {
    noClasses()
        .that()
        .resideInAPackage("io.millrace.platform..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.millrace.benchmarks..")
        .allowEmptyShould(true)
        .check(Production.classes());
  }

  @Test
  void anArrowAgainstTheDesignIsNoticed() {
    JavaClasses catalogue = new ClassFileImporter().importClasses(Topics.class, ToolCall.class);
    ArchRule withoutEvents = arrowsOf(SCHEMAS, List.of());

    assertThatThrownBy(() -> withoutEvents.check(catalogue))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("io.millrace.events.ToolCall");
  }

  private static ArchRule arrowsOf(String module, List<String> seen) {
    String[] allowed = Stream.concat(Stream.of(module), seen.stream()).toArray(String[]::new);
    return noClasses()
        .that()
        .resideInAPackage(module)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(OURS)
                .and(resideOutsideOfPackages(allowed))
                .as("reside in other packages of Millrace than %s", String.join(", ", allowed)))
        .because(
            "modules share records and topic names, never each other's classes (DESIGN, laws 1 and"
                + " 2); move what both need into schemas, or send it as a record")
        .allowEmptyShould(true);
  }
}
