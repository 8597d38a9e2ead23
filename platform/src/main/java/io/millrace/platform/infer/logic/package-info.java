/** What is asked of models in bulk: in which form, under which ids, when, and how often. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.infer.logic;
