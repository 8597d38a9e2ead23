/** The gateway's side of the log: what it writes, the answers it waits for, the tables it keeps. */
@NullMarked
package io.millrace.gateway.log;

import org.jspecify.annotations.NullMarked;
