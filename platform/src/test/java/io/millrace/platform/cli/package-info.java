@NullMarked
package io.millrace.platform.cli;

import org.jspecify.annotations.NullMarked;
