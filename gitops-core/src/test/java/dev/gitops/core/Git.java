// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.StateSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A source for histories: what was declared last is head, earlier revisions stay. */
final class Git implements StateSource {
  private final Map<String, Snapshot> revisions = new LinkedHashMap<>();
  private final Map<ResourceId, Document> head = new LinkedHashMap<>();
  private final List<Problem> problems = new ArrayList<>();
  private int count;
  private String headId = "";
  String identity = "git:test";
  volatile boolean down;

  /** Revisions that can't be read any more. */
  final Set<String> gone = new HashSet<>();

  Git() {
    commit();
  }

  Git declare(String id, Map<String, ?> spec) {
    return declare(id, spec, Metadata.DEFAULT);
  }

  Git declare(String id, Map<String, ?> spec, Metadata metadata) {
    ResourceId key = ResourceId.parse(id);
    Origin origin = new Origin(key.name() + ".yaml", 1, 1);
    head.put(key, Document.of(new Resource<>(key, Tree.of(spec), metadata, origin)));
    return commit();
  }

  Git remove(String... ids) {
    for (String id : ids) {
      head.remove(ResourceId.parse(id));
    }
    return commit();
  }

  Git problem(Problem problem) {
    problems.add(problem);
    return commit();
  }

  Git mended() {
    problems.clear();
    return commit();
  }

  private synchronized Git commit() {
    headId = "r" + ++count;
    Revision revision = new Revision(headId, "ann", "ann", null, "commit " + count);
    revisions.put(headId, new Snapshot(revision, List.copyOf(head.values()), problems));
    return this;
  }

  String headId() {
    return headId;
  }

  @Override
  public synchronized Snapshot fetch(@Nullable String revision) throws IOException {
    if (down) {
      throw new IOException("connection refused");
    }
    boolean head = revision == null || revision.equals("main");
    Snapshot snapshot = revisions.get(head ? headId : revision);
    if (gone.contains(revision)) {
      throw new IOException(revision + " is gone");
    }
    if (snapshot == null) {
      throw new IOException("no such revision: " + revision);
    }
    return snapshot;
  }

  @Override
  public String identity() {
    return identity;
  }
}
