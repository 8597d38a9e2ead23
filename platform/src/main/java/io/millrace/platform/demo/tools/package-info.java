/** The analyses of source trees as built-in tools. */
@NullMarked
package io.millrace.platform.demo.tools;

import org.jspecify.annotations.NullMarked;
