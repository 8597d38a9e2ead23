package io.millrace.platform.demo.analysis;

/**
 * A text file of a tree.
 *
 * @param path its path below the root, parts joined by {@code /}
 * @param language told by its name
 * @param text its content, read as UTF-8 with replacement characters where it is not
 * @param bytes its size in bytes
 */
record SourceFile(String path, Language language, String text, int bytes) {

  /** Whether the file lies where tests, samples or fixtures usually lie. */
  boolean inTests() {
    String p = "/" + path;
    return p.contains("/test/")
        || p.contains("/tests/")
        || p.contains("/testFixtures/")
        || p.contains("/__tests__/")
        || p.contains("/testdata/")
        || p.contains("/fixtures/");
  }
}
