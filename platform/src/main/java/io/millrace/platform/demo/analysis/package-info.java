/** Analyses of a source tree, each a tool that does real work on every file it reads. */
@NullMarked
package io.millrace.platform.demo.analysis;

import org.jspecify.annotations.NullMarked;
