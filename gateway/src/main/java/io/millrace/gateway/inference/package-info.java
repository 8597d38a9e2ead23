/** Models by the Open Inference Protocol v2 with Triton's extensions, and by NIM's conventions. */
@NullMarked
package io.millrace.gateway.inference;

import org.jspecify.annotations.NullMarked;
