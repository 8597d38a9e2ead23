/** The rules by which records may change, and the schemas that were released. */
@NullMarked
package io.millrace.schemas.evolution;

import org.jspecify.annotations.NullMarked;
