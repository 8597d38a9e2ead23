package io.millrace.platform.demo.analysis;

/**
 * How many lines of a file hold code, only a comment, or nothing.
 *
 * @param code lines with any code or part of a string
 * @param comment lines with a comment and no code
 * @param blank lines with neither
 */
record LineCounts(int code, int comment, int blank) {

  /** Counts the lines of a file; a last line end does not begin another line. */
  static LineCounts of(SourceFile file) {
    LexedSource lexed = Lexer.lex(file.text(), file.language().rules());
    String text = file.text();
    int code = 0;
    int comment = 0;
    int blank = 0;
    boolean anyCode = false;
    boolean anyComment = false;
    for (int i = 0; i <= text.length(); i++) {
      boolean end = i == text.length();
      if (end ? i > 0 && text.charAt(i - 1) != '\n' : text.charAt(i) == '\n') {
        if (anyCode) {
          code++;
        } else if (anyComment) {
          comment++;
        } else {
          blank++;
        }
        anyCode = false;
        anyComment = false;
      } else if (!end && !Character.isWhitespace(text.charAt(i))) {
        anyComment |= lexed.kind(i) == LexedSource.COMMENT;
        anyCode |= lexed.kind(i) != LexedSource.COMMENT;
      }
    }
    return new LineCounts(code, comment, blank);
  }
}
