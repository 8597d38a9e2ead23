package io.millrace.topologies;

import java.lang.reflect.Field;
import java.util.Properties;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.internals.StateDirectory;

/** Closes Kafka's test driver so that another can go on with its state. */
public final class KeptState {
  private KeptState() {}

  /**
   * Commits and closes the driver; its state directory stays as it is.
   *
   * @param properties the driver's
   */
  public static void close(TopologyTestDriver driver, Properties properties) {
    try {
      // At its close the driver deletes its state directory: an empty one takes the blow.
      Field field = TopologyTestDriver.class.getDeclaredField("stateDirectory");
      field.setAccessible(true);
      Properties elsewhere = new Properties();
      elsewhere.putAll(properties);
      elsewhere.put(
          StreamsConfig.STATE_DIR_CONFIG,
          properties.getProperty(StreamsConfig.STATE_DIR_CONFIG) + "/empty");
      elsewhere.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
      field.set(driver, new StateDirectory(new StreamsConfig(elsewhere), Time.SYSTEM, true, false));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Kafka's test driver keeps its state elsewhere now", e);
    }
    driver.close();
  }
}
