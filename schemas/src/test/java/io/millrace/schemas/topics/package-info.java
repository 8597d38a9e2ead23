@NullMarked
package io.millrace.schemas.topics;

import org.jspecify.annotations.NullMarked;
