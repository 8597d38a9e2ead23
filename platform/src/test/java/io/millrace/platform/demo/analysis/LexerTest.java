package io.millrace.platform.demo.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LexerTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "JAVA       | a \"if // x\" b // c        | a \"       \" b",
        "JAVA       | a /* b */ c                 | a         c",
        "JAVA       | '\"' + '\\'' + x            | ' ' + '  ' + x",
        "PYTHON     | x = 'it # no' # yes         | x = '       '",
        "C          | n = 1'000; // '             | n = 1'000;",
        "C          | R\"x(a \" b)x\"; c           | R\"         \"; c",
        "RUST       | fn f<'a>(x: &'a str) {}     | fn f<'a>(x: &'a str) {}",
        "RUST       | a /* b /* c */ d */ e       | a                   e",
        "SHELL      | echo ${#x} # y              | echo ${#x}",
        "YAML       | a: it's # b                 | a: it's",
        "JAVASCRIPT | x = /[/\"]+/.test(y) / 2     | x = /     /.test(y) / 2",
        "MARKDOWN   | a <!-- b --> c              | a            c",
      })
  void tellsCodeFromCommentsAndStrings(Language language, String text, String code) {
    assertThat(Lexer.lex(text, language.rules()).code().stripTrailing()).isEqualTo(code);
  }

  @Test
  void readsTemplatesWithCodeInsideThem() {
    String text = "`a ${b + `c ${d}` + {}} e` + f";
    assertThat(Lexer.lex(text, Language.TYPESCRIPT.rules()).code())
        .isEqualTo("`  ${b + `  ${d}` + {}}  ` + f");
  }

  @Test
  void countsAPythonDocStringAsCommentAndATextBlockAsCode() {
    String python = "def f():\n  \"\"\"Says\n  why.\"\"\"\n  x = \"\"\"a\nb\"\"\"\n\n";
    assertThat(counts("a.py", python)).isEqualTo(new LineCounts(3, 2, 1));
    String java = "/** A. */\nclass A {\n  String s = \"\"\"\n    // no\n    \"\"\"; // b\n}";
    assertThat(counts("A.java", java)).isEqualTo(new LineCounts(5, 1, 0));
    assertThat(counts("empty.java", "")).isEqualTo(new LineCounts(0, 0, 0));
  }

  @Property(tries = 300)
  void keepsLengthAndLineEndsOfAnyText(
      @ForAll Language language,
      @ForAll @StringLength(max = 60) @CharRange(from = ' ', to = '~') String first,
      @ForAll @StringLength(max = 60) String second) {
    String text = first + "\n" + second;
    LexedSource lexed = Lexer.lex(text, language.rules());
    assertThat(lexed.code()).hasSameSizeAs(text);
    assertThat(lexed.code().chars().filter(c -> c == '\n').count())
        .isEqualTo(text.chars().filter(c -> c == '\n').count());
    for (int i = 0; i < text.length(); i++) {
      char c = lexed.code().charAt(i);
      assertThat(c == text.charAt(i) || c == ' ').isTrue();
    }
  }

  private static LineCounts counts(String path, String text) {
    return LineCounts.of(new SourceFile(path, Language.ofFile(path), text, text.length()));
  }
}
