/** Reads the signature of ONNX models and builds small ones from a seed. */
@NullMarked
package io.millrace.inference.onnx;

import org.jspecify.annotations.NullMarked;
