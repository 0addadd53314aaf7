// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Differ;
import dev.gitops.core.spi.HealthCheck;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts a flaw between the engine and what it relies on; without one, nothing. */
final class Flawed {
  private static final String LEASE = "writer";

  private final Flaw flaw;

  Flawed(Flaw flaw) {
    this.flaw = flaw;
  }

  StateSource source(StateSource real) {
    return flaw == Flaw.UNREADABLE_IS_EMPTY ? new EmptySource(real) : real;
  }

  StateStore store(StateStore real) {
    return switch (flaw) {
      case FORGETFUL_STORE, NO_TRAIL, OWN_LEASE -> new Store(real);
      default -> real;
    };
  }

  Target<Thing> target(SimTarget real) {
    return switch (flaw) {
      case NO_HANDLES, ALWAYS_HEALTHY, NEVER_EQUAL -> new Wrapped(real);
      default -> real;
    };
  }

  private record EmptySource(StateSource real) implements StateSource {
    @Override
    public Snapshot fetch(@Nullable String revision) {
      try {
        return real.fetch(revision);
      } catch (Exception e) {
        return new Snapshot(Revision.of("none"), List.of(), List.of());
      }
    }

    @Override
    public String identity() {
      return real.identity();
    }
  }

  private final class Wrapped implements Target<Thing> {
    private final SimTarget real;

    Wrapped(SimTarget real) {
      this.real = real;
    }

    @Override
    public String identity() throws Exception {
      return real.identity();
    }

    @Override
    public ResourceId canonical(ResourceId id) {
      return real.canonical(id);
    }

    @Override
    public Duration settle() {
      return real.settle();
    }

    @Override
    public Collection<ResourceId> impliedDependencies(Resource<Thing> resource) {
      return real.impliedDependencies(resource);
    }

    @Override
    public boolean merges() {
      return real.merges();
    }

    @Override
    public Differ<Thing> differ(Kind<Thing> kind) {
      return flaw == Flaw.NEVER_EQUAL
          ? (applied, live, desired) ->
              List.of(
                  new FieldChange(
                      "/color",
                      Tree.of(live.value().color()),
                      Tree.of(desired.spec().color()),
                      FieldChange.Cause.DECLARED))
          : real.differ(kind);
    }

    @Override
    public HealthCheck<Thing> health(Kind<Thing> kind) {
      return flaw == Flaw.ALWAYS_HEALTHY ? live -> Health.HEALTHY : real.health(kind);
    }

    @Override
    public Live<Thing> read(ReadScope scope) throws Exception {
      Live<Thing> live = real.read(scope);
      if (flaw == Flaw.NO_HANDLES) {
        Live.Builder<Thing> without = Live.builder();
        for (ResourceId id : scope.ids()) {
          Observed<Thing> one = live.found().get(id);
          if (one != null) {
            without.found(new Observed<>(id, one.value(), one.version(), null, one.ownerMark()));
          } else {
            live.unknown(id).ifPresent(why -> without.unknown(id, why));
          }
        }
        return without.build();
      }
      return live;
    }

    private Written told(Written written) {
      return flaw == Flaw.NO_HANDLES ? Written.done() : written;
    }

    @Override
    public Written create(Resource<Thing> desired) throws Exception {
      return told(real.create(desired));
    }

    @Override
    public Written update(Observed<Thing> live, Resource<Thing> desired) throws Exception {
      return told(real.update(live, desired));
    }

    @Override
    public Written update(Observed<Thing> live, Resource<Thing> desired, Set<String> removed)
        throws Exception {
      return told(real.update(live, desired, removed));
    }

    @Override
    public void delete(Observed<Thing> live) throws Exception {
      real.delete(live);
    }
  }

  private final class Store implements StateStore {
    private final StateStore real;

    Store(StateStore real) {
      this.real = real;
    }

    @Override
    public Session open(String namespace) throws IOException {
      return new Loose(real.open(namespace));
    }

    @Override
    public Inbox inbox(String namespace) throws IOException {
      return real.inbox(namespace);
    }

    @Override
    public boolean exclusive() {
      return real.exclusive();
    }

    private boolean keeps(Write write) {
      return switch (flaw) {
        case FORGETFUL_STORE ->
            write.checkOnly()
                || !write.table().equals("owned")
                || write.value() == null
                || !write.value().contains("INTENDED");
        case NO_TRAIL -> !write.key().startsWith("open/");
        default -> !write.table().equals(LEASE);
      };
    }

    private final class Loose implements Session {
      private final Session session;
      private final Map<String, Stored> own = new HashMap<>();
      private long version;

      Loose(Session session) {
        this.session = session;
      }

      @Override
      public Optional<Stored> read(String table, String key) throws IOException {
        return flaw == Flaw.OWN_LEASE && table.equals(LEASE)
            ? Optional.ofNullable(own.get(key))
            : session.read(table, key);
      }

      @Override
      public void scan(String table, Consumer<Stored> each) throws IOException {
        session.scan(table, each);
      }

      @Override
      public long commit(List<Write> writes) throws IOException {
        boolean own = flaw == Flaw.OWN_LEASE;
        for (Write write : writes) {
          if (own && write.table().equals(LEASE) && !write.checkOnly() && write.value() != null) {
            this.own.put(write.key(), new Stored(write.key(), ++version, write.value()));
          }
        }
        List<Write> kept = writes.stream().filter(Store.this::keeps).toList();
        return own && kept.isEmpty() ? version : session.commit(kept);
      }

      @Override
      public void close() throws IOException {
        session.close();
      }
    }
  }
}
