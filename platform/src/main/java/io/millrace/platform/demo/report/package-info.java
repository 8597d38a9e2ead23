/** What the demo found and how it tells: checks, timings, the closing table and live progress. */
@NullMarked
package io.millrace.platform.demo.report;

import org.jspecify.annotations.NullMarked;
