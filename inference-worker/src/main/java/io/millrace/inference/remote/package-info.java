/** Models that other servers run: asking them by the Open Inference Protocol. */
@NullMarked
package io.millrace.inference.remote;

import org.jspecify.annotations.NullMarked;
