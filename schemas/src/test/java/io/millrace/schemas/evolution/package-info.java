@NullMarked
package io.millrace.schemas.evolution;

import org.jspecify.annotations.NullMarked;
