// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the targets answered in one cycle. A target that failed, or did not answer in time, knows
 * nothing.
 */
final class Readings {
  private final Map<Target<?>, Live<?>> answers = new HashMap<>();
  private final Map<Target<?>, String> identities = new HashMap<>();
  private final Map<Target<?>, Exception> failures = new HashMap<>();

  private final Map<Call<?>, Target<?>> asked = new LinkedHashMap<>();
  private final Settings settings;

  private Readings(Settings settings) {
    this.settings = settings;
  }

  private record Answer(Live<?> live, String identity) {}

  /**
   * Asks all targets at once about these ids and waits; the ids of kinds without a route are left
   * out.
   */
  static Readings take(Settings settings, Calls calls, Iterable<ResourceId> ids)
      throws InterruptedException {
    return take(settings, calls, scopes(settings, ids));
  }

  /** Asks all targets at once and waits. */
  static Readings take(Settings settings, Calls calls, Map<Target<?>, ReadScope> scopes)
      throws InterruptedException {
    Readings readings = ask(settings, calls, scopes);
    while (!readings.complete()) {
      Call<?> call = calls.next();
      if (call != null) {
        readings.accept(call);
      }
    }
    return readings;
  }

  /** Asks all targets at once; the caller hands over the calls as they end. */
  static Readings ask(Settings settings, Calls calls, Iterable<ResourceId> ids) {
    return ask(settings, calls, scopes(settings, ids));
  }

  private static Readings ask(Settings settings, Calls calls, Map<Target<?>, ReadScope> scopes) {
    Readings readings = new Readings(settings);
    Map<Target<?>, ReadScope> left = new HashMap<>(scopes);
    for (Route<?> route : settings.routes().values()) {
      ReadScope scope = left.remove(route.target());
      if (scope != null) {
        readings.ask(calls, route.target(), scope);
      }
    }
    return readings;
  }

  private static Map<Target<?>, ReadScope> scopes(Settings settings, Iterable<ResourceId> ids) {
    Map<Target<?>, Set<ResourceId>> wanted = new HashMap<>();
    Map<Target<?>, Set<String>> kinds = new HashMap<>();
    for (ResourceId id : ids) {
      Route<?> route = settings.route(id.kind());
      if (route != null) {
        wanted.computeIfAbsent(route.target(), t -> new HashSet<>()).add(id);
        kinds.computeIfAbsent(route.target(), t -> new HashSet<>()).add(id.kind());
      }
    }
    Map<Target<?>, ReadScope> scopes = new HashMap<>();
    wanted.forEach(
        (target, scope) ->
            scopes.put(target, ReadScope.of(kinds.getOrDefault(target, Set.of()), scope)));
    return scopes;
  }

  private void ask(Calls calls, Target<?> target, ReadScope what) {
    Object subject = List.of("read", System.identityHashCode(target));
    if (calls.stuck(subject) > 0) {
      failures.put(
          target, new IllegalStateException("An earlier read of this target has not returned yet"));
    } else {
      asked.put(
          calls.start(
              subject, settings.timeout(), () -> new Answer(target.read(what), target.identity())),
          target);
    }
  }

  /** Takes over a call that has ended; false when it is not one of these. */
  boolean accept(Call<?> call) {
    Target<?> target = asked.remove(call);
    if (target == null) {
      return false;
    }
    if (call.timedOut()) {
      failures.put(
          target,
          new IllegalStateException("The target did not answer within " + settings.timeout()));
    } else if (call.failure() instanceof Exception e) {
      failures.put(target, e);
    } else if (call.failure() instanceof Error e) {
      throw e;
    } else if (call.result() instanceof Answer answer) {
      answers.put(target, answer.live());
      identities.put(target, answer.identity());
    }
    return true;
  }

  /** Whether every target has answered, failed or run out of time. */
  boolean complete() {
    return asked.isEmpty();
  }

  /** Everything that a target answered; null where it did not. */
  @Nullable Live<?> answer(Target<?> target) {
    return answers.get(target);
  }

  /** What was found of this id; null where it was not found, which alone proves nothing. */
  @SuppressWarnings("unchecked") // the answer of a target is of the target's own type
  <T> @Nullable Observed<T> found(Route<T> route, ResourceId id) {
    Live<T> live = (Live<T>) answers.get(route.target());
    return live == null ? null : live.found().get(id);
  }

  /** Why nothing is known of this id; null where it was found or is proven absent. */
  @Nullable Exception unknown(Route<?> route, ResourceId id) {
    Live<?> live = answers.get(route.target());
    if (live == null) {
      Exception why = failures.get(route.target());
      return why == null ? new IllegalStateException("The target was not asked about it") : why;
    }
    return live.unknown(id).orElse(null);
  }

  /** The identity that the target gave; empty where it gave none, or nothing is known of it. */
  String identity(Route<?> route) {
    return identities.getOrDefault(route.target(), "");
  }

  /** Whether nothing is known of anything of this route. */
  boolean failed(Route<?> route) {
    return failures.containsKey(route.target());
  }
}
