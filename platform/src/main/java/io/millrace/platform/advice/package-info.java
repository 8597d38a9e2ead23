/** What was used, and what its figures say should be set differently; no Kafka. */
@NullMarked
package io.millrace.platform.advice;

import org.jspecify.annotations.NullMarked;
