/** What helps a person who wrote something wrong. */
@NullMarked
package io.millrace.schemas.text;

import org.jspecify.annotations.NullMarked;
