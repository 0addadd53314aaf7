// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.Commands;
import dev.gitops.core.Reconciler;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Command;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Run;
import dev.gitops.core.spi.Review;
import dev.gitops.core.spi.Secrets;
import java.time.Duration;
import java.util.SplittableRandom;

/** The engine that people get, or, for trying the oracle, one with a flaw. */
final class RealEngine implements Engine {
  private final World world;
  private final Process process;
  private final Reconciler reconciler;

  RealEngine(World world, Process process) {
    this(world, process, Flaw.NONE);
  }

  RealEngine(World world, Process process, Flaw flaw) {
    this.world = world;
    this.process = process;
    Flawed parts = new Flawed(flaw);
    Secrets secrets = Secrets.of(reference -> Thing.MARKER + reference.secretRef());
    SimTarget boxes = new SimTarget(world, process, secrets);
    boolean apart = world.traits.apart() && flaw != Flaw.ONE_CONNECTION;
    SimTarget lids = apart ? new SimTarget(world, process, secrets) : boxes;
    var builder =
        Reconciler.builder(process.name(), parts.source(world.source.of(process, world.oracle)))
            .route(kind("Box", flaw), parts.target(boxes))
            .route(kind("Lid", flaw), parts.target(lids))
            .store(parts.store(world.store.of(process)))
            .allowDeletes(flaw == Flaw.NO_LIMIT ? 1000 : world.traits.deletes())
            .executor(process)
            .timing(process)
            .random(new SplittableRandom(world.sim.random().nextLong()))
            .secrets(secrets)
            .timeout(Duration.ofSeconds(10))
            .listener(event -> world.heard(process, event));
    if (world.traits.hooks()) {
      builder.route(kind("Job", flaw), parts.target(boxes));
    }
    if (world.traits.members() > 1) {
      builder.group("all");
    }
    if (world.traits.guarded() && flaw != Flaw.NO_APPROVAL) {
      builder.gate(RealEngine::guardLids);
    }
    reconciler = builder.build();
  }

  private Kind<Thing> kind(String name, Flaw flaw) {
    return flaw == Flaw.NO_SECRETS
        ? Kind.of(name, Thing.class)
        : Thing.kind(name, process.upgraded);
  }

  private static void guardLids(Review review) {
    for (Change change : review.changes()) {
      if (change.id().kind().equals("Lid")
          && change.action() != Change.Action.RECORD
          && !review.facts().approved().contains(change.digest())) {
        review.hold(change, "Lids need approval", "approve " + change.digest());
      }
    }
  }

  @Override
  public Report reconcile() {
    return reconciler.reconcile(Run.of(process.selection));
  }

  @Override
  public Plan plan() {
    return reconciler.plan();
  }

  @Override
  public void tell(Command command) throws Exception {
    Commands commands =
        Commands.of(
            world.store.of(world.newProcess(process.member, false)), process.name(), command.by());
    String why = command.reason();
    switch (command.verb()) {
      case ADOPT -> commands.adopt(command.selection(), why);
      case RELEASE -> commands.release(command.selection(), why);
      case RETRY -> commands.retry(command.selection(), why);
      case APPROVE -> commands.approve(command.digests(), Duration.ofDays(1), why);
      case CONFIRM -> commands.confirm(command.digests(), why);
      case PIN -> commands.pin(command.arguments().get("revision"), null, why);
      case UNPIN -> commands.unpin(why);
      case SUSPEND -> commands.suspend(why);
      case RESUME -> commands.resume(why);
    }
  }

  @Override
  public void close() {
    reconciler.close();
  }
}
