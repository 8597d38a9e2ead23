/** What is known of targets and pools on this instance. */
@NullMarked
package io.millrace.topologies.targets;

import org.jspecify.annotations.NullMarked;
