/** What processes of their own have in common. */
@NullMarked
package io.millrace.schemas.process;

import org.jspecify.annotations.NullMarked;
