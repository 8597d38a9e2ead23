/** Documents for people that are written from the code. */
@NullMarked
package io.millrace.schemas.documents;

import org.jspecify.annotations.NullMarked;
