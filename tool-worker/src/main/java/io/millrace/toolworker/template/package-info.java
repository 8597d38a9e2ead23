/** Texts into which a call's arguments are put. */
@NullMarked
package io.millrace.toolworker.template;

import org.jspecify.annotations.NullMarked;
