/** Reads model repositories in Triton's layout: directories, versions, config.pbtxt. */
@NullMarked
package io.millrace.inference.repository;

import org.jspecify.annotations.NullMarked;
