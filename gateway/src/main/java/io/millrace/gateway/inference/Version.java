package io.millrace.gateway.inference;

/** Which version of Millrace this is. */
final class Version {
  /** As the jar says it; {@code development} outside of one. */
  static final String OF_THIS = ofThis();

  private Version() {}

  private static String ofThis() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
