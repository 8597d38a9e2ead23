package io.millrace.platform.demo.analysis;

/** Counts the decisions of a function while its body is read. */
final class FunctionBuilder {

  private final String name;
  private final int line;
  private int decisions;

  FunctionBuilder(String name, int line) {
    this.name = name;
    this.line = line;
  }

  void decide() {
    decisions++;
  }

  FunctionComplexity build() {
    return new FunctionComplexity(name, line, decisions + 1);
  }
}
