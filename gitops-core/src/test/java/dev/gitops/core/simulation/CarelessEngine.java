// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.Command;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.StateSource;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What everybody writes first: makes live what is declared, and remembers, fears, awaits nothing.
 */
final class CarelessEngine implements Engine {
  private final Process process;
  private final StateSource source;
  private final SimTarget target;

  CarelessEngine(World world, Process process) {
    this.process = process;
    source = world.source.of(process, world.oracle);
    target = new SimTarget(world, process, Secrets.of(reference -> Thing.MARKER));
  }

  @Override
  public Report reconcile() {
    String failure = null;
    Snapshot snapshot = new Snapshot(Revision.of("none"), List.of(), List.of());
    try {
      snapshot = source.fetch(null);
    } catch (Exception e) {
      failure = e.getMessage(); // and goes on as if nothing were declared
    }
    for (ResourceId raw : World.IDS) {
      try {
        reconcile(target.canonical(raw), snapshot);
      } catch (Exception e) {
        failure = Thing.MARKER + e.getMessage();
      }
    }
    return new Report(
        failure == null ? Status.CONVERGED : Status.FAILED,
        plan(snapshot.revision()),
        List.of(),
        List.of(),
        Map.of(),
        Duration.ZERO,
        failure);
  }

  private void reconcile(ResourceId id, Snapshot snapshot) throws Exception {
    Live<Thing> read = target.read(ReadScope.of(Set.of(id.kind()), new HashSet<>(Set.of(id))));
    Observed<Thing> live = read.found().get(id);
    Resource<Thing> desired = null;
    for (Document document : snapshot.documents()) {
      if (target.canonical(document.resource().id()).equals(id)) {
        desired = document.resource().withId(id).withSpec(Thing.of(document.resource().spec()));
      }
    }
    if (live == null && desired != null) {
      target.create(desired);
    } else if (live != null && desired == null) {
      target.delete(live);
    } else if (live != null && !live.value().satisfies(desired.spec())) {
      target.update(live, desired);
    }
  }

  @Override
  public Plan plan() throws IOException {
    return plan(Revision.of("none"));
  }

  private Plan plan(@Nullable Revision revision) {
    return new Plan(
        process.name(),
        Run.all(),
        revision,
        Map.of(),
        process.now(),
        List.of(),
        List.of(),
        0,
        List.of());
  }

  @Override
  public void tell(Command command) {}

  @Override
  public void close() {}
}
