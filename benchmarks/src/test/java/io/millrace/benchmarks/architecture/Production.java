package io.millrace.benchmarks.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

/** The classes of all modules, without their tests; read once. */
final class Production {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          // The fixtures that a module lends to the tests of others.
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.millrace");

  private Production() {}

  static JavaClasses classes() {
    return CLASSES;
  }
}
