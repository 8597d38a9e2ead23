/** Turns Avro records to JSON for people and back. */
@NullMarked
package io.millrace.platform.json;

import org.jspecify.annotations.NullMarked;
