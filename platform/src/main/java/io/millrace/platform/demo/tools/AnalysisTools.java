package io.millrace.platform.demo.tools;

/**
 * The eight analyses, each as the class of its own that {@link java.util.ServiceLoader} asks for.
 */
public final class AnalysisTools {

  private AnalysisTools() {}

  /** Counts files, bytes and lines of code per language. */
  public static final class SizeCensus extends AnalysisTool {
    /** For the service loader. */
    public SizeCensus() {
      super("size-census");
    }
  }

  /** Measures the complexity of every function. */
  public static final class CyclomaticComplexity extends AnalysisTool {
    /** For the service loader. */
    public CyclomaticComplexity() {
      super("cyclomatic-complexity");
    }
  }

  /** Finds equal blocks of code. */
  public static final class DuplicateBlocks extends AnalysisTool {
    /** For the service loader. */
    public DuplicateBlocks() {
      super("duplicate-blocks");
    }
  }

  /** Finds comments that mark unfinished work. */
  public static final class WorkMarkers extends AnalysisTool {
    /** For the service loader. */
    public WorkMarkers() {
      super("work-markers");
    }
  }

  /** Finds keys, tokens and passwords left in files. */
  public static final class Secrets extends AnalysisTool {
    /** For the service loader. */
    public Secrets() {
      super("secrets");
    }
  }

  /** Counts files by the licence in their first comment. */
  public static final class LicenceHeaders extends AnalysisTool {
    /** For the service loader. */
    public LicenceHeaders() {
      super("licence-headers");
    }
  }

  /** Finds packages and files that import each other in a circle. */
  public static final class ImportCycles extends AnalysisTool {
    /** For the service loader. */
    public ImportCycles() {
      super("import-cycles");
    }
  }

  /** Counts the changes of each file in the latest commits. */
  public static final class GitChurn extends AnalysisTool {
    /** For the service loader. */
    public GitChurn() {
      super("git-churn");
    }
  }
}
