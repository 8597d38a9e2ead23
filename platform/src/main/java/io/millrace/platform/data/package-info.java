/** The data directory: who holds it and where the platform on it can be reached. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.data;
