/** Creating what the topic catalogue asks for. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.provision;
