/** A local HTTP server that plays eight information sources with seeded answers and latencies. */
@NullMarked
package io.millrace.platform.demo.sources;

import org.jspecify.annotations.NullMarked;
