/** Reading the log without a group: tables whole, streams from where they end. */
@NullMarked
package io.millrace.schemas.log;

import org.jspecify.annotations.NullMarked;
