package io.millrace.topologies.dispatch;

import io.millrace.events.Task;

/** A task on its way to the workers of a pool. */
record PoolTask(String pool, Task task) {}
