// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Plain manifests: every file whose name ends in {@code .yaml}, {@code .yml} or {@code .json}, in
 * any case, in all directories; other files, and files and directories whose name starts with a
 * dot, are no manifests. Immutable and thread-safe.
 *
 * <p>Unquoted YAML values are read as {@code kubectl} reads them: YAML 1.2 with the booleans of 1.1
 * ({@code yes no on off y n}), octal {@code 017}, and text for dates and base 60. A duplicate key,
 * an unknown tag, and an unquoted key that would be read as something else ({@code on:}) are
 * errors; {@code <<} merges.
 *
 * <p>A file may hold many documents: YAML documents between {@code ---} lines, JSON documents one
 * after the other. A broken YAML document does not take the others of its file with it: YAML lets a
 * line that starts with {@code ---} end a document whatever comes before it, so where the others
 * begin and end is certain (except in a file with marks of an unresolved merge, from which nothing
 * is taken). Of a JSON file what comes before the error is taken.
 *
 * <p>What a broken document may declare is never taken for absent: all that was last declared in
 * its file, and all whose name occurs in the file's text; anything at all, if the text can't be
 * read or may spell names with escapes. {@link Limits} bound everything.
 */
public final class ManifestReader implements DocumentFormat {
  private static final Pattern CONFLICT =
      Pattern.compile(
          "^(?:<<<<<<<|=======|>>>>>>>|\\|\\|\\|\\|\\|\\|\\|)(?:[ \\r]|$)", Pattern.MULTILINE);
  private static final byte[] LFS_POINTER =
      "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII);

  private final Limits limits;
  private final DocumentShape shape;
  private final Executor helpers;

  private ManifestReader(Limits limits, DocumentShape shape, Executor helpers) {
    this.limits = limits;
    this.shape = shape;
    this.helpers = helpers;
  }

  /** A reader of {@linkplain DocumentShape#gitops() this library's shape}, default limits. */
  public static ManifestReader create() {
    return new ManifestReader(Limits.DEFAULT, DocumentShape.gitops(), ForkJoinPool.commonPool());
  }

  /** The same reader, with other limits. */
  public ManifestReader limits(Limits other) {
    return new ManifestReader(other, shape, helpers);
  }

  /** The same reader, for documents of another shape. */
  public ManifestReader shape(DocumentShape other) {
    return new ManifestReader(limits, other, helpers);
  }

  /**
   * The same reader, with the help of this executor when many files are decoded at once; by default
   * of the JVM's common pool. The reading thread decodes, too, and never waits for an executor that
   * has no time; so one that rejects everything, or {@code Runnable::run}, means no help. What is
   * read does not depend on it.
   */
  public ManifestReader helpers(Executor executor) {
    return new ManifestReader(limits, shape, executor);
  }

  /** Who helps to decode. */
  Executor helpers() {
    return helpers;
  }

  DocumentShape shape() {
    return shape;
  }

  /** The bounds that it keeps. */
  public Limits limits() {
    return limits;
  }

  @Override
  public String identity() {
    return "manifests " + shape.identity();
  }

  @Override
  public Declarations read(FileTree tree, String directory, SnapshotReader.Memory memory)
      throws IOException {
    return new ManifestWalk(tree, this).read(directory, memory);
  }

  /** Whether a file of this name is a manifest. */
  static boolean isManifest(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !name.startsWith(".")
        && (lower.endsWith(".yaml") || lower.endsWith(".yml") || lower.endsWith(".json"));
  }

  /**
   * What one file declares; never throws because of what is in it.
   *
   * @param path what positions and problems call it; decides by its ending between YAML and JSON
   * @param content the whole file, or at least one byte more than the limit allows
   */
  public Declarations read(String path, byte[] content) {
    if (content.length > limits.fileBytes()) {
      return Declarations.of(
          Problem.hidesAnything(
              Origin.file(path),
              "Larger than the limit of " + limits.fileBytes() + " bytes, so it was not read"));
    }
    if (Arrays.equals(
        content,
        0,
        Math.min(content.length, LFS_POINTER.length),
        LFS_POINTER,
        0,
        LFS_POINTER.length)) {
      return Declarations.of(
          Problem.hidesAnything(
              Origin.file(path),
              "A pointer of Git LFS, not the file; manifests must be in Git itself"));
    }
    String text;
    try {
      text = ManifestText.decode(content);
    } catch (Node.BrokenException e) {
      return Declarations.of(
          Problem.hidesAnything(new Origin(path, e.line, 0), String.valueOf(e.getMessage())));
    }
    FileReading reading = new FileReading(path, text);
    if (path.toLowerCase(Locale.ROOT).endsWith(".json")) {
      JsonText.parse(text, limits, reading);
    } else {
      reading.yaml();
    }
    return reading.result();
  }

  /** The reading of one file. */
  private final class FileReading implements Node.Sink {
    private final String path;
    private final String text;
    private final BiPredicate<ResourceId, String> mayDeclare;
    private final List<Declarations> parts = new ArrayList<>();
    private int documents;
    private boolean broken;

    FileReading(String path, String text) {
      this.path = path;
      this.text = text;
      this.mayDeclare = new ManifestText(path, text);
    }

    void yaml() {
      Stretch.split(
          text,
          stretch -> {
            YamlText.parse(stretch.of(text), stretch.line(), limits, this);
            return documents <= limits.documents();
          });
    }

    @Override
    public void document(Node.Parsed parsed) {
      if (++documents > limits.documents()) {
        if (documents == limits.documents() + 1) {
          broken(
              parsed.root().line(),
              parsed.root().column(),
              "More than " + limits.documents() + " documents in one file");
        }
      } else if (parsed.root().value() != null) {
        ParsedDocument document = new ParsedDocument(path, parsed, mayDeclare);
        shape.read(document);
        parts.add(document.result());
      }
    }

    @Override
    public void broken(int line, int column, String message) {
      broken = true;
      Origin origin = new Origin(path, line, column);
      parts.add(Declarations.of(Problem.hides(origin, message, mayDeclare)));
    }

    Declarations result() {
      if (broken) {
        Matcher conflict = CONFLICT.matcher(text);
        if (conflict.find()) {
          int before = text.codePointCount(0, conflict.start());
          int line = 1 + ManifestText.line(text, before);
          String message = "Marks of an unresolved merge, so nothing of this file is applied";
          return Declarations.of(Problem.hides(new Origin(path, line, 1), message, mayDeclare));
        }
      }
      return Declarations.concat(parts);
    }
  }
}
