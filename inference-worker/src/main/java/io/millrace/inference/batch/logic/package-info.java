/** Which requests run together, and when: pure, with time passed in. */
@NullMarked
package io.millrace.inference.batch.logic;

import org.jspecify.annotations.NullMarked;
