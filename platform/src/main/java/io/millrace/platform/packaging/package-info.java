/** Turns a model into a service that can be deployed: image, chart, settings, interface, test. */
@org.jspecify.annotations.NullMarked
package io.millrace.platform.packaging;
