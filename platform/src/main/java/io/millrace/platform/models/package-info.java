/** Models: from a repository directory to targets. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.models;
