/** Tests of generated documents. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.documents;
