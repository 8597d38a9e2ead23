/** Runs models on ONNX Runtime: devices, sessions, tensors, memory. */
@NullMarked
package io.millrace.inference.runtime;

import org.jspecify.annotations.NullMarked;
