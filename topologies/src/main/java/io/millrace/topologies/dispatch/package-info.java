/** The one keyed processor that decides for every call: hit, join, send, retry, refuse. */
@NullMarked
package io.millrace.topologies.dispatch;

import org.jspecify.annotations.NullMarked;
