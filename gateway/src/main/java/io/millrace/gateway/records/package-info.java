/** Writing records of the catalogue's topics. */
@NullMarked
package io.millrace.gateway.records;

import org.jspecify.annotations.NullMarked;
