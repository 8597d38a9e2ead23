package io.millrace.platform.demo.sources;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** A kind of information that the server answers questions about, each with its own shape. */
enum Source {
  WEATHER("weather", "a city's weather now and for the next days") {
    @Override
    void fill(ObjectNode answer, String query, RandomGenerator random) {
      double now = round(random.nextDouble(-12, 34));
      answer.put("city", query).put("temp_c", now).put("humidity_percent", percent(random));
      answer.put("wind_m_per_s", round(random.nextDouble(0, 18))).put("sky", pick(SKIES, random));
      ArrayNode days = answer.putArray("forecast");
      for (int day = 1; day <= 3; day++) {
        double high = round(now + random.nextDouble(-4, 6));
        days.addObject()
            .put("date", date(day))
            .put("high_c", high)
            .put("low_c", round(high - random.nextDouble(3, 11)));
      }
    }
  },
  EXCHANGE_RATES("exchange-rates", "what one unit of a currency is worth in others") {
    @Override
    void fill(ObjectNode answer, String query, RandomGenerator random) {
      answer.put("base", query.toUpperCase(Locale.ROOT)).put("date", date(0));
      ObjectNode rates = answer.putObject("rates");
      for (String currency : CURRENCIES) {
        rates.put(currency, Math.round(random.nextDouble(0.2, 12) * 10_000) / 10_000.0);
      }
    }
  },
  STOCK("stock", "a share's price and its last closes") {
    @Override
    void fill(ObjectNode answer, String query, RandomGenerator random) {
      double price = round(random.nextDouble(8, 900));
      answer.put("symbol", query.toUpperCase(Locale.ROOT)).put("price", price);
      answer.put("currency", pick(CURRENCIES, random)).put("volume", random.nextInt(5_000_000));
      ArrayNode closes = answer.putArray("closes");
      for (int i = 0; i < 5; i++) {
        closes.add(round(price * random.nextDouble(0.94, 1.06)));
      }
    }
  },
  NEWS("news", "headlines on a topic") {
    @Override
    void fill(ObjectNode answer, String query, RandomGenerator random) {
      answer.put("topic", query).put("total", random.nextInt(3, 400));
      ArrayNode articles = answer.putArray("articles");
      for (int i = 0; i < 3; i++) {
        articles
            .addObject()
            .put("title", query + ": " + pick(HEADLINES, random))
            .put("published", date(-random.nextInt(10)))
            .put("relevance", round(random.nextDouble(0.5, 1)));
      }
    }
  },
  CALENDAR("calendar", "a person's appointments") {
    @Override
    void fill(ObjectNode answer, String query, RandomGenerator random) {
      answer.put("person", query);
      ArrayNode events = answer.putArray("events");
      int hour = 8;
      while (hour < 17) {
        int hours = 1 + random.nextInt(2);
        events
            .addObject()
            .put("start", date(0) + "T" + two(hour) + ":00:00Z")
            .put("end", date(0) + "T" + two(hour + hours) + ":00:00Z")
            .put("title", pick(MEETINGS, random));
        hour += hours + random.nextInt(3);
      }
      answer.put("busy_hours", events.size());
    }
  },
  GEOCODING("geocoding", "where a place lies") {
    @Override
    void fill(ObjectNode answer, String query, RandomGenerator random) {
      answer.put("place", query);
      ArrayNode matches = answer.putArray("matches");
      for (int i = 0; i < 2; i++) {
        matches
            .addObject()
            .put("latitude", random.nextInt(-85_0000, 85_0000) / 10_000.0)
            .put("longitude", random.nextInt(-180_0000, 180_0000) / 10_000.0)
            .put("confidence", round(random.nextDouble(0.3, 1)));
      }
    }
  },
  KNOWLEDGE_BASE("knowledge-base", "passages that answer a question") {
    @Override
    void fill(ObjectNode answer, String query, RandomGenerator random) {
      answer.put("question", query);
      ArrayNode passages = answer.putArray("passages");
      for (int i = 0; i < 3; i++) {
        passages
            .addObject()
            .put("document", "kb-" + random.nextInt(1000, 9999))
            .put("score", round(random.nextDouble(0.4, 1)))
            .put("text", pick(PASSAGES, random));
      }
    }
  },
  PRODUCT_SEARCH("product-search", "products that match words, with prices and stock") {
    @Override
    void fill(ObjectNode answer, String query, RandomGenerator random) {
      answer.put("words", query);
      ArrayNode products = answer.putArray("products");
      for (int i = 0; i < 4; i++) {
        products
            .addObject()
            .put("sku", "P" + random.nextInt(10_000, 99_999))
            .put("name", pick(ADJECTIVES, random) + " " + query)
            .put("price_cents", random.nextInt(199, 49_999))
            .put("in_stock", random.nextInt(4) > 0);
      }
    }
  };

  private static final List<String> SKIES = List.of("clear", "clouds", "rain", "snow", "fog");
  private static final List<String> CURRENCIES = List.of("EUR", "USD", "GBP", "JPY", "NOK", "CHF");
  private static final List<String> HEADLINES =
      List.of("what changed this week", "the numbers are in", "experts disagree", "a closer look");
  private static final List<String> MEETINGS =
      List.of("stand-up", "design review", "interview", "planning", "lunch", "one-on-one");
  private static final List<String> PASSAGES =
      List.of(
          "Restart the service after changing its settings.",
          "The limit is counted per tenant and resets every hour.",
          "Keys are rotated every ninety days.",
          "Exports are kept for thirty days and then removed.");
  private static final List<String> ADJECTIVES = List.of("plain", "compact", "sturdy", "quiet");

  /** The day that every answer speaks of, so that answers do not change with the calendar. */
  private static final LocalDate TODAY = LocalDate.of(2026, 1, 15);

  private final String path;
  private final String subject;

  Source(String path, String subject) {
    this.path = path;
    this.subject = subject;
  }

  /** The name in addresses: lower case, words joined by {@code -}. */
  String path() {
    return path;
  }

  /** What it knows, for people. */
  String subject() {
    return subject;
  }

  /** The answer to {@code query}; the same for the same state of {@code random}. */
  ObjectNode answer(String query, RandomGenerator random) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.put("source", path);
    fill(answer, query, random);
    return answer;
  }

  abstract void fill(ObjectNode answer, String query, RandomGenerator random);

  private static String pick(List<String> choices, RandomGenerator random) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static int percent(RandomGenerator random) {
    return random.nextInt(20, 101);
  }

  private static double round(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private static String date(int days) {
    return TODAY.plusDays(days).toString();
  }

  private static String two(int number) {
    return number < 10 ? "0" + number : String.valueOf(number);
  }
}
