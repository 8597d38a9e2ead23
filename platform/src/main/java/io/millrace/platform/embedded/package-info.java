/** Starting and stopping the parts of the single-JVM platform in order. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.embedded;
