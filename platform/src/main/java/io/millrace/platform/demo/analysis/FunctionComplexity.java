package io.millrace.platform.demo.analysis;

/**
 * A function and its cyclomatic complexity: one plus its decisions (T. McCabe, 1976).
 *
 * @param name its name behind the names of the types around it
 * @param line the line its body begins on
 * @param complexity at least 1
 */
record FunctionComplexity(String name, int line, int complexity) {}
