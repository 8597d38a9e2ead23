/** Configuration: strict parsing over Kafka's ConfigDef. */
@NullMarked
package io.millrace.schemas.config;

import org.jspecify.annotations.NullMarked;
