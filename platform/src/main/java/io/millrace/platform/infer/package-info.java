/** Rows in, answers of a model out: the files of {@code millrace infer}. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.infer;
