package io.millrace.topologies;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.schemas.topics.Topic;
import io.millrace.schemas.topics.Topics;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The named layout of the operations topology: its stores and groups outlive a release. */
class LayoutTest {
  private static final String GOLDEN = "operations-layout.txt";
  private OperationsDriver driver;
  private String layout = "";

  @BeforeEach
  void start() throws IOException {
    driver = new OperationsDriver();
    layout =
        Pattern.compile("stores: \\[([^\\]]*)\\]")
            .matcher(driver.operations().topology().describe().toString())
            .replaceAll(stores -> "stores: " + new TreeSet<>(List.of(stores.group(1).split(", "))))
            .replaceAll("extractor class: [^)]*", "extractor class: by pool");
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  @Test
  void theLayoutIsTheOneThatWasAccepted() throws IOException {
    String golden = "";
    try (InputStream file = LayoutTest.class.getResourceAsStream("/" + GOLDEN)) {
      if (file != null) {
        golden = new String(file.readAllBytes(), UTF_8);
      }
    }
    assertThat(layout.strip())
        .as(
            "The layout of the topology changed. A change of sub-topologies, stores or names loses"
                + " state at an upgrade: if it is meant, write the layout below into"
                + " topologies/src/test/resources/%s and say in docs/decisions/ how running"
                + " installations get over it.",
            GOLDEN)
        .isEqualTo(golden.strip());
  }

  @Test
  void everyTopicThatIsUsedIsInTheCatalogue() {
    Set<String> known = new HashSet<>();
    for (Topic<?> topic : Topics.all()) {
      known.add(topic.name());
    }
    Set<String> used = new TreeSet<>();
    Matcher topics = Pattern.compile("topics?: \\[?([a-z][^\\])]*)").matcher(layout);
    while (topics.find()) {
      for (String topic : topics.group(1).split(",")) {
        used.add(topic.strip());
      }
    }
    assertThat(used).hasSizeGreaterThan(10);
    assertThat(known).containsAll(used);
  }

  @Test
  void nothingHasAGeneratedName() {
    assertThat(layout).doesNotContainPattern("KSTREAM|KTABLE|[A-Z]+-[0-9]{10}");
    assertThat(layout)
        .contains(
            "Processor: tool-dispatch",
            "stores: [tool-answers, tool-cache, tool-flights, tool-waiters]");
  }
}
