/** Clients in other languages, against a running platform. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.interop;
