/** Turns Avro records to JSON for people and back. */
@NullMarked
package io.millrace.schemas.json;

import org.jspecify.annotations.NullMarked;
