// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.Declarations;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.treewalk.filter.AndTreeFilter;
import org.eclipse.jgit.treewalk.filter.PathFilterGroup;
import org.eclipse.jgit.treewalk.filter.TreeFilter;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a commit declares of one resource, from what its child declares of it: as long as the
 * file is the same, so is the declaration; when it differs, the older file is decoded; and only
 * when it is not in there, all files that the commit has changed are looked at, since it may have
 * been moved. What lies behind links or comes from a renderer is not in one file, and where ignore
 * files change anything may appear: then all of the commit is read, as the source would.
 */
final class Lookup {
  private final HistoryFiles files;
  private final ResourceId id;
  private final byte[] name;
  private boolean whole;

  Lookup(HistoryFiles files, ResourceId id) {
    this.files = files;
    this.id = id;
    this.name = id.name().getBytes(StandardCharsets.UTF_8);
    this.whole = !files.isPlain();
  }

  /** By reading all of a commit. */
  Declared at(RevCommit commit) throws IOException {
    Snapshot snapshot = files.snapshot(commit);
    Declared found =
        Declared.in(new Declarations(snapshot.documents(), snapshot.problems()), id, "");
    // Behind a link the file that the origin names is none.
    whole |= found.document() != null && !files.entry(commit.getTree(), found.file()).isFile();
    return found;
  }

  /** What the parent declares, where it is known what the child does. */
  Declared before(RevCommit child, Declared declared, RevCommit parent) throws IOException {
    if (child.getTree().equals(parent.getTree())) {
      return declared;
    }
    if (whole) {
      return wholly(child, declared, parent);
    }
    if (!declared.file().isEmpty()) {
      List<String> watched = files.watched(declared.file());
      for (String path : watched.subList(1, watched.size())) {
        if (!same(child, parent, path)) {
          return wholly(child, declared, parent);
        }
      }
      HistoryFiles.Entry older = files.entry(parent.getTree(), declared.file());
      if (older.equals(files.entry(child.getTree(), declared.file()))) {
        return declared;
      } else if (older.isFile()) {
        Declared there = in(declared.file(), older.id(), declared.file());
        if (!there.isNowhere()) {
          return there;
        }
      } else if (older.mode().equals(FileMode.SYMLINK)) {
        return wholly(child, declared, parent);
      }
    }
    return elsewhere(child, declared, parent);
  }

  private boolean same(RevCommit child, RevCommit parent, String path) throws IOException {
    return files.entry(child.getTree(), path).equals(files.entry(parent.getTree(), path));
  }

  private Declared in(String path, ObjectId blob, String last) throws IOException {
    return Declared.in(files.declarations(path, blob), id, last);
  }

  /** In one of the files that differ. */
  private Declared elsewhere(RevCommit child, Declared declared, RevCommit parent)
      throws IOException {
    Declared hidden = null;
    try (TreeWalk walk = new TreeWalk(files.repository, files.reader)) {
      walk.setRecursive(true);
      walk.setFilter(filter());
      walk.reset(child.getTree(), parent.getTree());
      while (walk.next()) {
        String path = walk.getPathString();
        FileMode older = walk.getFileMode(1);
        if (files.isIgnoreFile(path)
            || older.equals(FileMode.SYMLINK)
            || walk.getFileMode(0).equals(FileMode.SYMLINK)) {
          return wholly(child, declared, parent);
        }
        boolean file =
            older.equals(FileMode.REGULAR_FILE) || older.equals(FileMode.EXECUTABLE_FILE);
        if (file && files.mayDeclare(path)) {
          ObjectId blob = walk.getObjectId(1);
          Declared there =
              declared.document() == null && !files.mayName(blob, name)
                  ? Declared.NOWHERE
                  : in(path, blob, declared.file());
          if (!there.isNowhere() && files.sees(parent, path)) {
            if (there.document() != null) {
              return there;
            }
            hidden = hidden == null ? there : hidden;
          }
        }
      }
    }
    return hidden == null ? Declared.NOWHERE : hidden;
  }

  private TreeFilter filter() {
    return files.paths().contains("")
        ? TreeFilter.ANY_DIFF
        : AndTreeFilter.create(
            PathFilterGroup.createFromStrings(
                files.paths().stream().flatMap(p -> files.watched(p).stream()).toList()),
            TreeFilter.ANY_DIFF);
  }

  /** What is wrong in both commits hides nothing that is declared in only one of them. */
  private Declared wholly(RevCommit child, Declared declared, RevCommit parent) throws IOException {
    Snapshot snapshot = files.snapshot(parent);
    Set<String> also =
        files.snapshot(child).problems().stream()
            .map(Problem::toString)
            .collect(Collectors.toSet());
    List<Problem> problems =
        snapshot.problems().stream()
            .filter(p -> isOf(p, declared.problem()) || !also.contains(p.toString()))
            .toList();
    return Declared.in(new Declarations(snapshot.documents(), problems), id, declared.file());
  }

  private static boolean isOf(Problem problem, @Nullable Problem other) {
    return other != null && problem.toString().equals(other.toString());
  }
}
