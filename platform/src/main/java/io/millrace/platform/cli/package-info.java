/** The command line {@code millrace}. */
@NullMarked
package io.millrace.platform.cli;

import org.jspecify.annotations.NullMarked;
