// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.jgit.dircache.DirCache;
import org.eclipse.jgit.dircache.DirCacheBuilder;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.jspecify.annotations.Nullable;

/**
 * A real Git repository that the tour's people commit to. It is bare and written by objects, so
 * that no hook, signing key or line ending of the machine's user gets in the way.
 */
final class DemoRepository implements AutoCloseable {
  private static final String BRANCH = "refs/heads/main";

  private final Repository repository;

  DemoRepository(Path directory) throws IOException {
    repository = new FileRepositoryBuilder().setBare().setGitDir(directory.toFile()).build();
    repository.create(true);
    require(repository.updateRef(Constants.HEAD).link(BRANCH));
  }

  /** Commits changes to some files, where null removes one; returns the commit's id. */
  String commit(String author, String message, Map<String, @Nullable String> changes)
      throws IOException {
    ObjectId head = repository.resolve(BRANCH);
    Map<String, String> files = head == null ? new TreeMap<>() : files(head.name());
    changes.forEach(
        (path, text) -> {
          if (text == null) {
            files.remove(path);
          } else {
            files.put(path, text);
          }
        });
    try (ObjectInserter inserter = repository.newObjectInserter()) {
      DirCache index = DirCache.newInCore();
      DirCacheBuilder entries = index.builder();
      for (Map.Entry<String, String> file : files.entrySet()) {
        DirCacheEntry entry = new DirCacheEntry(file.getKey());
        entry.setFileMode(FileMode.REGULAR_FILE);
        entry.setObjectId(inserter.insert(Constants.OBJ_BLOB, file.getValue().getBytes(UTF_8)));
        entries.add(entry);
      }
      entries.finish();
      PersonIdent person =
          new PersonIdent(author, mail(author), Instant.now(), ZoneId.systemDefault());
      CommitBuilder commit = new CommitBuilder();
      commit.setTreeId(index.writeTree(inserter));
      if (head != null) {
        commit.setParentId(head);
      }
      commit.setAuthor(person);
      commit.setCommitter(person);
      commit.setMessage(message);
      ObjectId id = inserter.insert(commit);
      inserter.flush();
      RefUpdate update = repository.updateRef(BRANCH);
      update.setExpectedOldObjectId(head == null ? ObjectId.zeroId() : head);
      update.setNewObjectId(id);
      require(update.update());
      return id.name();
    }
  }

  /** Under which address the tour's people commit. */
  static String mail(String person) {
    return person.toLowerCase(Locale.ROOT) + "@example.com";
  }

  /** The commits that lead to a revision, the newest first. */
  List<RevCommit> log(String revision) throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      walk.markStart(walk.parseCommit(repository.resolve(revision)));
      List<RevCommit> commits = new ArrayList<>();
      walk.forEach(commits::add);
      return commits;
    }
  }

  /** Every commit, the newest first. */
  List<RevCommit> log() throws IOException {
    return log(BRANCH);
  }

  private Map<String, String> files(String revision) throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    try (RevWalk commits = new RevWalk(repository);
        TreeWalk walk = new TreeWalk(repository)) {
      walk.addTree(commits.parseCommit(repository.resolve(revision)).getTree());
      walk.setRecursive(true);
      while (walk.next()) {
        byte[] bytes = repository.open(walk.getObjectId(0)).getBytes();
        files.put(walk.getPathString(), new String(bytes, UTF_8));
      }
    }
    return files;
  }

  private static void require(RefUpdate.Result result) {
    switch (result) {
      case NEW, FAST_FORWARD, FORCED, NO_CHANGE -> {}
      default -> throw new IllegalStateException("Git refused to move a branch: " + result);
    }
  }

  @Override
  public void close() {
    repository.close();
  }
}
