/** Ids, canonical JSON and fingerprints: how operations and their arguments are named. */
@NullMarked
package io.millrace.schemas.identity;

import org.jspecify.annotations.NullMarked;
