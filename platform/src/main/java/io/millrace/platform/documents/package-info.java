/** Documents for people that are written from the code of all modules. */
@NullMarked
package io.millrace.platform.documents;

import org.jspecify.annotations.NullMarked;
