package io.millrace.benchmarks.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import io.millrace.benchmarks.architecture.logic.Impure;
import java.io.ObjectInputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Holds what no class may do: impure logic, Java deserialization, packages without null rules. */
class BansTest {

  private static final String LOGIC = "..logic..";
  private static final String PURE =
      "logic is pure: time and randomness are passed in, and it knows no Kafka (DESIGN, law 3), so"
          + " that it can be replayed in virtual time";

  static final List<ArchRule> LOGIC_RULES =
      List.of(
          noLogic().should().dependOnClassesThat().resideInAPackage("org.apache.kafka.."),
          noLogic().should().dependOnClassesThat().areAssignableTo(ThreadLocalRandom.class),
          noLogic().should().callConstructor(Random.class),
          noLogic().should().callMethod(Math.class, "random"),
          noLogic().should().callMethod(System.class, "currentTimeMillis"),
          noLogic().should().callMethod(System.class, "nanoTime"),
          noLogic().should().callMethod(Instant.class, "now"),
          noLogic().should().callMethod(Clock.class, "systemUTC"),
          noLogic().should().callMethod(Clock.class, "systemDefaultZone"),
          noLogic().should().dependOnClassesThat().areAssignableTo(Thread.class));

  @ParameterizedTest
  @FieldSource("LOGIC_RULES")
  void logicIsPure(ArchRule rule) {
    rule.because(PURE).allowEmptyShould(true).check(Production.classes());
  }

  @ParameterizedTest
  @FieldSource("LOGIC_RULES")
  void impureLogicIsNoticed(ArchRule rule) {
    JavaClasses impure = new ClassFileImporter().importClasses(Impure.class);

    assertThatThrownBy(() -> rule.check(impure)).isInstanceOf(AssertionError.class);
  }

  @Test
  void nothingUsesJavaDeserialization() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ObjectInputStream.class)
        .because("Java deserialization runs what a stranger sends")
        .check(withoutGenerated(Production.classes()));
  }

  @Test
  void everyPackageIsNullMarked() {
    assertThat(packagesWithoutNullMarked(Production.classes()))
        .as("packages without a package-info.java annotated @NullMarked")
        .isEmpty();
  }

  @Test
  void aPackageWithoutNullMarkedIsNoticed() {
    assertThat(packagesWithoutNullMarked(new ClassFileImporter().importClasses(Random.class)))
        .containsExactly("java.util");
  }

  private static GivenClassesConjunction noLogic() {
    return noClasses().that().resideInAPackage(LOGIC);
  }

  private static Collection<String> packagesWithoutNullMarked(Iterable<JavaClass> classes) {
    Collection<String> missing = new TreeSet<>();
    for (JavaClass type : classes) {
      boolean marked = type.getPackage().isAnnotatedWith(NullMarked.class);
      if (!marked && !generated(type)) {
        missing.add(type.getPackageName());
      }
    }
    return missing;
  }

  /** Avro's generated records: they bring readExternal, and no package-info. */
  private static boolean generated(JavaClass type) {
    return type.getPackageName().equals("io.millrace.events")
        || type.getPackageName().equals("io.millrace.state");
  }

  private static JavaClasses withoutGenerated(JavaClasses classes) {
    return classes.that(DescribedPredicate.describe("are not generated", type -> !generated(type)));
  }
}
