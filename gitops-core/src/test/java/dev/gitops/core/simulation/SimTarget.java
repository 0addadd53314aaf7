// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.contract.WriteLog.Entry;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.HealthCheck;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.RetryAfterException;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.TerminalException;
import dev.gitops.core.spi.Written;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The target as one process sees it: goes wrong at random, and lets the oracle watch. */
final class SimTarget implements Target<Thing> {
  private final World world;
  private final Process process;
  private final MemoryTarget<Thing> memory;
  private final Secrets secrets;
  private String quoted = "";
  private Live<Thing> last = Live.of(List.of());

  SimTarget(World world, Process process, Secrets secrets) {
    this.world = world;
    this.process = process;
    this.memory = world.memory.as(process.actor);
    this.secrets = secrets;
  }

  @Override
  public String identity() throws Exception {
    process.hook();
    String identity = memory.identity();
    String system = identity.isEmpty() ? "" : world.system;
    process.system = process.wrote ? process.system : system; // else the next cycle notices
    return system;
  }

  @Override
  public ResourceId canonical(ResourceId id) {
    return memory.canonical(id);
  }

  @Override
  public Duration settle() {
    return memory.settle();
  }

  @Override
  public boolean merges() {
    return memory.merges();
  }

  @Override
  public Collection<ResourceId> impliedDependencies(Resource<Thing> resource) {
    return world.implied(resource.id());
  }

  @Override
  public HealthCheck<Thing> health(Kind<Thing> kind) {
    return live -> {
      if (!world.warm(live.id())) {
        return Health.progressing("It is warming up");
      }
      world.oracle.healthy(process, live.id());
      return Health.HEALTHY;
    };
  }

  @Override
  public Live<Thing> read(ReadScope scope) throws Exception {
    process.hook();
    world.foreigners();
    Fault fault = readFault();
    world.next = fault;
    if (scope.ids().stream().anyMatch(world.sickReads)) {
      throw new IOException("No route to host");
    }
    Live<Thing> live = memory.read(scope);
    Map<ResourceId, Entry<Thing>> then =
        memory.log().liveAt(process.nanos() - fault.age().toNanos());
    for (ResourceId id : scope.ids()) {
      if (live.unknown(id).isEmpty()) {
        world.oracle.showed(process, id, then.get(id));
      }
    }
    process.sim.trace(() -> process.actor + " is shown " + process.shown + told(fault));
    process.hook();
    world.foreigners();
    return world.traits.standing() ? standing(live) : live;
  }

  /**
   * The same object as the last time if it says the same, as of a system whose changes are known.
   */
  private Live<Thing> standing(Live<Thing> live) {
    boolean same = live.complete() && last.complete() && live.found().equals(last.found());
    last = same ? last : live;
    return last;
  }

  @Override
  public Written create(Resource<Thing> desired) throws Exception {
    begin(Action.CREATE, desired.id(), desired);
    Written written = memory.create(desired);
    end(desired.id(), desired.spec());
    return written;
  }

  @Override
  public Written update(Observed<Thing> live, Resource<Thing> desired) throws Exception {
    return update(live, desired, Set.of());
  }

  @Override
  public Written update(Observed<Thing> live, Resource<Thing> desired, Set<String> removed)
      throws Exception {
    begin(Action.UPDATE, desired.id(), desired);
    Written written;
    try {
      if (world.traits.immutable()
          && desired.id().kind().equals("Box")
          && !Objects.equals(live.value().size(), desired.spec().size())
          && desired.spec().size() != null) {
        throw new TerminalException("The size of a Box can't be changed");
      }
      written = memory.update(live, desired, removed);
    } catch (TerminalException e) {
      process.refused.add(memory.canonical(desired.id()));
      throw e;
    }
    end(desired.id(), desired.spec());
    return written;
  }

  @Override
  public void delete(Observed<Thing> live) throws Exception {
    begin(Action.DELETE, live.id(), null);
    memory.delete(live);
    end(live.id(), null);
  }

  private void begin(Action action, ResourceId id, @Nullable Resource<Thing> desired)
      throws Exception {
    process.hook();
    world.oracle.writes(process, action, id, desired);
    if (desired != null && desired.spec().password() != null) {
      quoted = secrets.reveal(desired.spec().password());
    }
    world.foreigners();
    Fault fault =
        world.sickWrites.test(id) ? Fault.failing(new IOException("Full")) : writeFault(action, id);
    if (desired != null && fault.failure() == null && !fault.takesEffect()) {
      world.oracle.believes(process, desired);
    }
    process.sim.trace(
        () ->
            process.actor
                + " calls "
                + action
                + " "
                + id
                + " "
                + (desired == null ? "" : desired.spec())
                + told(fault));
    world.next = fault;
  }

  private void end(ResourceId id, @Nullable Thing value) {
    Entry<Thing> entry = memory.log().live(id).orElse(null);
    boolean ours = entry != null && entry.actor().equals(process.actor);
    if (value == null ? entry == null : ours) {
      world.oracle.wrote(process, id, entry);
    }
    process.hook();
  }

  private static String told(Fault fault) {
    boolean fine = fault.takesEffect() && fault.failure() == null && fault.age().isZero();
    return fine
        ? ""
        : " but " + (fault.takesEffect() ? "" : "no effect ") + fault.failure() + " " + fault.age();
  }

  private Fault readFault() {
    Sim sim = world.sim;
    if (sim.chance(world.troubleOneIn)) {
      return sim.chance(2)
          ? Fault.failing(new IOException("No route to host"))
          : Fault.partial(id -> (id.hashCode() + sim.nanos()) % 2 == 0);
    }
    return !settle().isZero() && sim.chance(3)
        ? Fault.stale(settle().dividedBy(1 + sim.random().nextInt(4)).minusMillis(1))
        : Fault.NONE;
  }

  private Fault writeFault(Action action, ResourceId id) {
    Sim sim = world.sim;
    if (process.takeStall()) {
      return stall(sim.chance(3) ? Fault.appliedBut(new IOException("Lost")) : Fault.NONE);
    } else if (!sim.chance(world.troubleOneIn)) {
      return Fault.NONE;
    }
    return switch (sim.random().nextInt(7)) {
      case 0 -> Fault.failing(new IOException("Refused for password " + quoted));
      case 1, 2 -> Fault.appliedBut(new IOException("Connection reset"));
      case 3 -> Fault.failing(new TerminalException("Never"));
      case 4 -> Fault.failing(new ConflictException("Somebody was faster"));
      case 5 -> Fault.failing(new RetryAfterException("Busy", Duration.ofSeconds(90)));
      default -> {
        if (action == Action.CREATE) {
          world.oracle.lied(id);
        }
        yield Fault.lie();
      }
    };
  }

  /** Takes effect late: even after its process has ended, but never beyond the settle time. */
  private Fault stall(Fault then) {
    Sim sim = world.sim;
    boolean deaf = sim.chance(2);
    long most = settle().isZero() ? Duration.ofMinutes(3).toNanos() : settle().toNanos() - 1;
    long until = sim.nanos() + 1 + sim.random().nextLong(most);
    return then.after(
        () -> {
          Baton baton = Baton.current();
          sim.park(until, () -> !deaf && baton != null && baton.interrupted());
          if (process.dead() && settle().isZero()) {
            throw new Crash();
          }
          if (!deaf && Thread.interrupted() && sim.chance(2)) {
            throw new InterruptedException("Interrupted while waiting for the system");
          }
          Thread.interrupted();
        });
  }
}
