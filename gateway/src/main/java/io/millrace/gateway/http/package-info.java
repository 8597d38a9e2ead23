/** Requests before and after their routes: who is let in, what is read, how it is answered. */
@NullMarked
package io.millrace.gateway.http;

import org.jspecify.annotations.NullMarked;
