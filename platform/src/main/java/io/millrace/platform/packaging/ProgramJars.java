package io.millrace.platform.packaging;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/** Copies the program that runs, as its class path says it, into a directory of jars. */
final class ProgramJars {
  /** The same class path makes the same bytes. */
  private static final long ENTRY_TIME = 1_577_836_800_000L;

  private ProgramJars() {}

  /**
   * Copies.
   *
   * @param classPath as the property {@code java.class.path} has it
   * @return how many jars there are now
   */
  static int copy(String classPath, Path to) throws IOException {
    int count = 0;
    for (String entry : classPath.split(File.pathSeparator)) {
      Path path = Path.of(entry);
      String name = String.valueOf(path.getFileName());
      if (Files.isDirectory(path)) {
        jar(path, to.resolve("classes-" + count + ".jar"));
        count++;
      } else if (name.endsWith(".jar") && Files.isRegularFile(path)) {
        Path target = to.resolve(name);
        Files.copy(
            path,
            Files.exists(target) ? to.resolve(count + "-" + name) : target,
            StandardCopyOption.REPLACE_EXISTING);
        count++;
      }
    }
    return count;
  }

  /** Classes that a build has not put into a jar yet. */
  private static void jar(Path directory, Path jar) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            files.add(file);
            return FileVisitResult.CONTINUE;
          }
        });
    Collections.sort(files);
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out)) {
      for (Path file : files) {
        JarEntry entry =
            new JarEntry(directory.relativize(file).toString().replace(File.separatorChar, '/'));
        entry.setTime(ENTRY_TIME);
        entries.putNextEntry(entry);
        Files.copy(file, entries);
        entries.closeEntry();
      }
    }
  }
}
