/** The HTTP door to the log: what starts it, its settings, and what a module of routes is given. */
@NullMarked
package io.millrace.gateway;

import org.jspecify.annotations.NullMarked;
