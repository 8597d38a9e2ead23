package io.millrace.platform.demo.analysis;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A language of source files, told by the file's name. */
// The lists in the rules are immutable, which their type does not say.
@SuppressWarnings("ImmutableEnumChecker")
enum Language {
  JAVA("Java", true, LexicalRules.JAVA, ".java"),
  KOTLIN("Kotlin", true, LexicalRules.NESTING, ".kt", ".kts"),
  SCALA("Scala", true, LexicalRules.NESTING, ".scala"),
  GROOVY("Groovy", true, LexicalRules.PYTHON_LIKE_C, ".groovy", ".gradle"),
  JAVASCRIPT("JavaScript", true, LexicalRules.SCRIPT, ".js", ".mjs", ".cjs", ".jsx"),
  TYPESCRIPT("TypeScript", true, LexicalRules.SCRIPT, ".ts", ".tsx", ".mts", ".cts"),
  PYTHON("Python", true, LexicalRules.PYTHON, ".py", ".pyi"),
  GO("Go", true, LexicalRules.GO, ".go"),
  C("C", true, LexicalRules.C, ".c", ".h"),
  CPP("C++", true, LexicalRules.C, ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx", ".cu", ".cuh"),
  CSHARP("C#", true, LexicalRules.CSHARP, ".cs"),
  RUST("Rust", true, LexicalRules.RUST, ".rs"),
  SWIFT("Swift", true, LexicalRules.NESTING, ".swift"),
  PHP("PHP", true, LexicalRules.PHP, ".php"),
  RUBY("Ruby", true, LexicalRules.HASH, ".rb"),
  PERL("Perl", true, LexicalRules.HASH, ".pl", ".pm"),
  SHELL("Shell", true, LexicalRules.HASH, ".sh", ".bash", ".zsh"),
  LUA("Lua", true, LexicalRules.LUA, ".lua"),
  SQL("SQL", true, LexicalRules.SQL, ".sql"),
  PROTO("Protocol Buffers", true, LexicalRules.JAVA, ".proto"),
  CSS("CSS", true, LexicalRules.CSS, ".css", ".scss", ".less"),
  HTML("HTML", false, LexicalRules.MARKUP, ".html", ".htm", ".vue", ".svelte"),
  XML("XML", false, LexicalRules.MARKUP, ".xml", ".xsd", ".xsl", ".svg"),
  MARKDOWN("Markdown", false, LexicalRules.MARKUP, ".md", ".markdown"),
  YAML("YAML", false, LexicalRules.SETTINGS, ".yaml", ".yml"),
  TOML("TOML", false, LexicalRules.SETTINGS, ".toml"),
  PROPERTIES("Properties", false, LexicalRules.LINES, ".properties", ".conf", ".cfg", ".ini"),
  DOCKERFILE("Dockerfile", false, LexicalRules.LINES, ".dockerfile"),
  MAKEFILE("Makefile", false, LexicalRules.LINES, ".mk"),
  JSON("JSON", false, LexicalRules.PLAIN, ".json", ".avsc", ".jsonl"),
  TEXT("Text", false, LexicalRules.PLAIN, ".txt", ".rst", ".adoc", ".csv"),
  OTHER("Other", false, LexicalRules.PLAIN);

  private static final Map<String, Language> BY_EXTENSION = byExtension();

  private final String title;
  private final boolean programming;
  private final LexicalRules rules;
  private final List<String> extensions;

  Language(String title, boolean programming, LexicalRules rules, String... extensions) {
    this.title = title;
    this.programming = programming;
    this.rules = rules;
    this.extensions = List.of(extensions);
  }

  /** The language of a file by its name, {@link #OTHER} if it is not known. */
  static Language ofFile(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    if (name.equals("dockerfile") || name.startsWith("dockerfile.")) {
      return DOCKERFILE;
    }
    if (name.equals("makefile") || name.equals("gnumakefile")) {
      return MAKEFILE;
    }
    int dot = name.lastIndexOf('.');
    return dot < 0 ? OTHER : BY_EXTENSION.getOrDefault(name.substring(dot), OTHER);
  }

  /** The name people write. */
  String title() {
    return title;
  }

  /** Whether it is written to be run, as against data, markup and settings. */
  boolean programming() {
    return programming;
  }

  /** How its comments and strings begin and end. */
  LexicalRules rules() {
    return rules;
  }

  private static Map<String, Language> byExtension() {
    Map<String, Language> map = new HashMap<>();
    for (Language language : values()) {
      for (String extension : language.extensions) {
        map.put(extension, language);
      }
    }
    return Map.copyOf(map);
  }
}
