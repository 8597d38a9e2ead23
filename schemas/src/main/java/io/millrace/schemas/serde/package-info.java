/** Avro on the wire in Confluent's format: magic byte, schema id, binary Avro. */
@NullMarked
package io.millrace.schemas.serde;

import org.jspecify.annotations.NullMarked;
