// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

/**
 * How much a source may contain. Whoever can write to a repository can fill the memory of what
 * reads it; what is beyond a limit is not read, is reported as a problem, and hides whatever it may
 * declare. Immutable.
 *
 * @param fileBytes bytes of one file, and characters of one document after its aliases are expanded
 * @param totalBytes bytes of all files together
 * @param files manifests and directories of a source; of files that are none it may hold ten times
 *     as many
 * @param documents documents in one file
 * @param depth nesting of objects and lists in a document
 * @param nodes values in a document, after its aliases are expanded
 * @param aliases aliases in a document
 */
public record Limits(
    int fileBytes, long totalBytes, int files, int documents, int depth, int nodes, int aliases) {
  /**
   * Files of 4 MiB, 512 MiB in all, 500,000 files of 10,000 documents, nested 100 deep, with
   * 200,000 values and 200 aliases.
   */
  public static final Limits DEFAULT =
      new Limits(4 << 20, 512L << 20, 500_000, 10_000, 100, 200_000, 200);

  /** Refuses limits that are not positive, and a depth beyond 500, which could fill the stack. */
  public Limits {
    if (fileBytes <= 0
        || fileBytes == Integer.MAX_VALUE
        || totalBytes <= 0
        || files <= 0
        || documents <= 0
        || depth <= 0
        || depth > 500
        || nodes <= 0
        || aliases < 0) {
      throw new IllegalArgumentException(
          "Limits are positive, and the depth is at most 500: "
              + "fileBytes=%d totalBytes=%d files=%d documents=%d depth=%d nodes=%d aliases=%d"
                  .formatted(fileBytes, totalBytes, files, documents, depth, nodes, aliases));
    }
  }

  /** The same, with another bound on the bytes of one file. */
  public Limits fileBytes(int limit) {
    return new Limits(limit, totalBytes, files, documents, depth, nodes, aliases);
  }

  /** The same, with another bound on the bytes of all files. */
  public Limits totalBytes(long limit) {
    return new Limits(fileBytes, limit, files, documents, depth, nodes, aliases);
  }

  /** The same, with another bound on the number of files. */
  public Limits files(int limit) {
    return new Limits(fileBytes, totalBytes, limit, documents, depth, nodes, aliases);
  }

  /** The same, with another bound on the documents in one file. */
  public Limits documents(int limit) {
    return new Limits(fileBytes, totalBytes, files, limit, depth, nodes, aliases);
  }

  /** The same, with another bound on the nesting. */
  public Limits depth(int limit) {
    return new Limits(fileBytes, totalBytes, files, documents, limit, nodes, aliases);
  }

  /** The same, with another bound on the values in a document. */
  public Limits nodes(int limit) {
    return new Limits(fileBytes, totalBytes, files, documents, depth, limit, aliases);
  }

  /** The same, with another bound on the aliases in a document. */
  public Limits aliases(int limit) {
    return new Limits(fileBytes, totalBytes, files, documents, depth, nodes, limit);
  }
}
