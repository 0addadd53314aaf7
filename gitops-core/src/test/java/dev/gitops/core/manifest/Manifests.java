// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Tree;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Short ways to read one file. */
final class Manifests {
  private Manifests() {}

  static Declarations read(String path, String text) {
    return read(Limits.DEFAULT, path, text);
  }

  static Declarations read(Limits limits, String path, String text) {
    return ManifestReader.create().limits(limits).read(path, text.getBytes(StandardCharsets.UTF_8));
  }

  /** The spec of a file with one valid document. */
  static Tree spec(String path, String text) {
    Declarations read = read(path, text);
    if (!read.problems().isEmpty() || read.documents().size() != 1) {
      throw new AssertionError(read);
    }
    return read.documents().get(0).resource().spec();
  }

  /** The problems as a compiler would print them. */
  static List<String> problems(String path, String text) {
    return read(path, text).problems().stream().map(Object::toString).toList();
  }

  static List<String> ids(Declarations read) {
    return read.documents().stream().map(Document::resource).map(r -> r.id().toString()).toList();
  }
}
