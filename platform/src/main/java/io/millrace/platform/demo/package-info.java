/** The demo: real work through the running platform, with checks of what it promises. */
@NullMarked
package io.millrace.platform.demo;

import org.jspecify.annotations.NullMarked;
