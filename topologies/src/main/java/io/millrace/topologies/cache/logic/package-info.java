/** What stays cached: replacement policies on keys alone, and the one that adapts among them. */
@NullMarked
package io.millrace.topologies.cache.logic;

import org.jspecify.annotations.NullMarked;
