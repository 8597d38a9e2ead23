/** Small HTTP servers on loopback: what a process serves about itself. */
@org.jspecify.annotations.NullMarked
package io.millrace.schemas.http;
