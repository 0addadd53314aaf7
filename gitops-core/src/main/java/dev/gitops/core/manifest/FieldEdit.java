// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.manifest.Spot.Sort;
import dev.gitops.core.model.Tree;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes one value in a text, at the end of a path, unless that would change others with it.
 * Whoever calls it reads the result and compares.
 */
final class FieldEdit {
  private final Spot document;
  private final FieldText text;

  private FieldEdit(Spot document, FieldText text) {
    this.document = document;
    this.text = text;
  }

  /** It can't be done; the message says what to do. */
  static final class AmbiguousException extends Exception {
    private static final long serialVersionUID = 1;
    final int position;

    AmbiguousException(int position, String message) {
      super(message);
      this.position = position;
    }
  }

  /**
   * The text with another value at the end of a path; objects that are missing on the way are
   * added.
   *
   * @param document all that shares anchors with {@code start}
   * @param start where the path begins
   * @param value as {@link Tree#value} has it
   */
  static String set(
      String text,
      Spot document,
      Spot start,
      boolean json,
      List<String> path,
      @Nullable Object value)
      throws AmbiguousException {
    FieldText edited = new FieldText(text, json);
    new FieldEdit(document, edited).walk(start, path, value);
    return edited.result();
  }

  private void walk(Spot start, List<String> path, @Nullable Object value)
      throws AmbiguousException {
    Spot here = start;
    for (int i = 0; i < path.size(); i++) {
      refuseShared(here);
      String token = path.get(i);
      List<String> rest = path.subList(i + 1, path.size());
      int index =
          switch (here.sort()) {
            case OBJECT -> here.indexOf(token);
            case LIST -> item(here, token);
            default ->
                throw new AmbiguousException(
                    here.start(),
                    "There is a single value here, so it has no '" + token + "' in it");
          };
      if (index < 0) {
        refuseMerged(here);
        text.add(here, here.sort() == Sort.LIST ? null : token, nested(rest, value, here));
        return;
      }
      Spot next = here.values().get(index);
      if (rest.isEmpty() || next.isNull()) {
        refuseShared(next);
        text.replace(here, index, nested(rest, value, next));
        return;
      }
      here = next;
    }
    throw new AmbiguousException(start.start(), "Say which field: /spec/...");
  }

  private static int item(Spot list, String token) throws AmbiguousException {
    int size = list.values().size();
    if (token.equals("-") || token.equals(Integer.toString(size))) {
      return -1;
    }
    for (int i = 0; i < size; i++) {
      if (token.equals(Integer.toString(i))) {
        return i;
      }
    }
    throw new AmbiguousException(
        list.start(), "The list has " + size + " items, and no '" + token + "'");
  }

  private static @Nullable Object nested(List<String> path, @Nullable Object value, Spot at)
      throws AmbiguousException {
    Object result = value;
    for (int i = path.size() - 1; i >= 0; i--) {
      if (path.get(i).equals("-")) {
        throw new AmbiguousException(at.start(), "There is no list here that could be added to");
      }
      Map<String, @Nullable Object> object = new LinkedHashMap<>();
      object.put(path.get(i), result);
      result = object;
    }
    return result;
  }

  private void refuseShared(Spot here) throws AmbiguousException {
    if (here.sort() == Sort.ALIAS) {
      throw new AmbiguousException(
          here.start(),
          "The value is the alias *%s. Change it at its anchor, or write it out here"
              .formatted(here.text()));
    }
    if (here.anchor() != null && document.refersTo(here.anchor())) {
      throw new AmbiguousException(
          here.start(),
          "The anchor &%s stands here, and a change would show wherever *%s does. Edit it by hand"
              .formatted(here.anchor(), here.anchor()));
    }
  }

  private static void refuseMerged(Spot object) throws AmbiguousException {
    int merge = object.indexOf("<<");
    if (merge >= 0) {
      throw new AmbiguousException(
          object.keys().get(merge).start(),
          "The field may come from this merge key. Change it where it is merged from, or write it"
              + " out here");
    }
  }
}
