// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.ManifestFile;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.jgit.lib.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * Makes files or resources what they were at an earlier revision. Of a resource this is its
 * document: what was removed comes back where it was, what was not there is removed, and the other
 * documents of these files stay.
 */
final class GoingBack {
  private static final int MAX_LISTED = 5;

  private GoingBack() {}

  /** Everything below a path, or one file. */
  static Editing.Change path(ObjectId revision, String path) {
    return editing -> {
      ObjectId then = editing.treeOf(revision);
      if (editing.isAbsent(then, path) && editing.isAbsent(editing.tree(), path)) {
        throw new IOException(
            "There is no '%s', neither at %s nor at %s"
                .formatted(path, revision.name(), editing.head().name()));
      }
      editing.copy(then, path);
      return message(revision, path.isEmpty() ? "everything" : path);
    };
  }

  /** These resources. */
  static Editing.Change resources(ObjectId revision, Collection<ResourceId> resources) {
    Set<ResourceId> ids = new TreeSet<>(resources);
    return editing -> {
      new Resources(editing, editing.treeOf(revision), revision, ids).change();
      String list =
          ids.stream().limit(MAX_LISTED).map(Object::toString).collect(Collectors.joining(", "));
      int more = ids.size() - MAX_LISTED;
      return message(revision, more > 0 ? list + " and " + more + " more" : list);
    };
  }

  private static String message(ObjectId revision, String what) {
    return "Go back to %s for %s\n\nAs at commit %s."
        .formatted(revision.abbreviate(10).name(), what, revision.name());
  }

  private static final class Resources {
    private final Editing editing;
    private final ObjectId thenTree;
    private final Set<ResourceId> ids;
    private final Snapshot then;
    private final Snapshot now;

    Resources(Editing editing, ObjectId thenTree, ObjectId revision, Set<ResourceId> ids)
        throws IOException {
      this.editing = editing;
      this.thenTree = thenTree;
      this.ids = ids;
      this.then = editing.declared(thenTree, revision);
      this.now = editing.declared(editing.tree(), editing.head());
    }

    void change() throws IOException {
      for (ResourceId id : ids) {
        change(id);
      }
      Snapshot result = editing.declared(editing.result(), editing.head());
      for (ResourceId id : ids) {
        if (!Objects.equals(declaration(result, id), declaration(then, id))) {
          throw new IOException(
              "%s does not become what it was: it is declared in another way now. Edit it by hand"
                  .formatted(id));
        }
      }
    }

    private void change(ResourceId id) throws IOException {
      String before = Manifests.file(then, id);
      String today = Manifests.file(now, id);
      if (before == null) {
        Manifests.requireAbsent(then, id);
        if (today == null) {
          Manifests.requireAbsent(now, id);
          throw new IOException(
              "%s is declared neither at %s nor at %s"
                  .formatted(id, then.revision().id(), now.revision().id()));
        }
        editing.put(today, editing.file(today).without(id));
        return;
      }
      ManifestFile source = Objects.requireNonNull(editing.open(thenTree, before));
      if (today != null && isJson(today) != isJson(before)) {
        editing.put(today, editing.file(today).without(id));
        today = null;
      }
      if (today == null) {
        bringBack(id, before, source);
      } else {
        editing.put(today, editing.file(today).with(source, id));
      }
    }

    private void bringBack(ResourceId id, String path, ManifestFile source) throws IOException {
      boolean whole = ids.containsAll(source.ids());
      boolean there = editing.exists(path);
      ManifestFile file = editing.file(path);
      if (whole && (!there || !file.isSound())) {
        editing.copy(thenTree, source, path);
      } else if (file.isSound()) {
        editing.put(path, file.with(source, id));
      } else {
        throw new IOException(
            "%s can't be brought back into %s, which can't be read, alone. Go back for the whole file, or name all resources of it: %s"
                .formatted(id, path, list(source.ids())));
      }
    }

    private static String list(List<ResourceId> all) {
      return all.stream().limit(MAX_LISTED).map(Object::toString).collect(Collectors.joining(", "));
    }

    private static boolean isJson(String path) {
      return path.toLowerCase(Locale.ROOT).endsWith(".json");
    }

    private static @Nullable Object declaration(Snapshot snapshot, ResourceId id) {
      for (Document document : snapshot.documents()) {
        if (document.resource().id().equals(id)) {
          return List.of(document.resource().spec(), document.resource().metadata());
        }
      }
      return null;
    }
  }
}
