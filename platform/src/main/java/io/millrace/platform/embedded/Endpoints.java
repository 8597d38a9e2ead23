package io.millrace.platform.embedded;

import java.nio.file.Path;

/**
 * What a part of the platform is told about the rest.
 *
 * @param bootstrapServers the broker
 * @param schemaRegistryUrl the registry
 * @param data the platform's data directory; a part keeps its own files in a folder of it
 */
public record Endpoints(String bootstrapServers, String schemaRegistryUrl, Path data) {}
