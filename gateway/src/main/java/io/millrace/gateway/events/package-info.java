/** Live events of the log as Server-Sent Events and over WebSocket. */
@NullMarked
package io.millrace.gateway.events;

import org.jspecify.annotations.NullMarked;
