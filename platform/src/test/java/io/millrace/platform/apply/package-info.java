@NullMarked
package io.millrace.platform.apply;

import org.jspecify.annotations.NullMarked;
