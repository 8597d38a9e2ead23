package io.millrace.platform.demo.analysis;

import java.util.List;

/**
 * A credential that is recognised by its own text.
 *
 * @param name what it is called in a finding
 * @param prefix what it begins with
 * @param min fewest characters behind the prefix
 * @param max most characters behind the prefix
 * @param extra characters allowed behind the prefix besides letters and digits
 * @param upperOnly whether letters behind the prefix are upper case
 */
record SecretFormat(String name, String prefix, int min, int max, String extra, boolean upperOnly) {

  /** Formats that their issuers publish; longer prefixes stand before shorter ones. */
  static final List<SecretFormat> KNOWN =
      List.of(
          new SecretFormat("AWS access key id", "AKIA", 16, 16, "", true),
          new SecretFormat("AWS temporary access key id", "ASIA", 16, 16, "", true),
          new SecretFormat("GitHub fine-grained token", "github_pat_", 60, 100, "_", false),
          new SecretFormat("GitHub token", "ghp_", 36, 36, "", false),
          new SecretFormat("GitHub token", "gho_", 36, 36, "", false),
          new SecretFormat("GitHub token", "ghs_", 36, 36, "", false),
          new SecretFormat("GitHub token", "ghu_", 36, 36, "", false),
          new SecretFormat("GitHub token", "ghr_", 36, 80, "", false),
          new SecretFormat("GitLab token", "glpat-", 20, 64, "-_", false),
          new SecretFormat("Slack token", "xoxb-", 24, 120, "-", false),
          new SecretFormat("Slack token", "xoxp-", 24, 120, "-", false),
          new SecretFormat("Stripe live key", "sk_live_", 24, 120, "", false),
          new SecretFormat("Anthropic API key", "sk-ant-", 40, 150, "-_", false),
          new SecretFormat("OpenAI API key", "sk-proj-", 40, 200, "-_", false),
          new SecretFormat("Google API key", "AIza", 35, 35, "-_", false),
          new SecretFormat("npm token", "npm_", 36, 36, "", false),
          new SecretFormat("Hugging Face token", "hf_", 34, 40, "", false),
          new SecretFormat("PyPI token", "pypi-", 100, 250, "-_", false));

  /** The end of a credential of this format that begins at {@code start}, -1 if there is none. */
  int endOf(String line, int start) {
    if (!line.startsWith(prefix, start)) {
      return -1;
    }
    int end = start + prefix.length();
    int stop = Math.min(line.length(), end + max + 1);
    while (end < stop && allows(line.charAt(end))) {
      end++;
    }
    int length = end - start - prefix.length();
    return length >= min && length <= max ? end : -1;
  }

  private boolean allows(char c) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || extra.indexOf(c) >= 0) {
      return true;
    }
    return !upperOnly && c >= 'a' && c <= 'z';
  }
}
