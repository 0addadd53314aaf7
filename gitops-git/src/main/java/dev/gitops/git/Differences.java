// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.BindingException;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Sealer;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Differ;
import dev.gitops.git.ResourceDiff.Action;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Compares two declarations of a resource by value, as their kind says, and masks its secrets. */
final class Differences {
  private static final int KEY_BYTES = 32;
  private static final Kind<Tree> UNKNOWN = Kind.any();

  private final Map<String, Kind<?>> kinds;
  private final Sealer sealer;

  Differences(Map<String, Kind<?>> kinds) {
    this.kinds = Map.copyOf(kinds);
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    // Tells whether a secret has changed, to whoever looks at these differences and nobody later.
    this.sealer = new Sealer(key);
  }

  /**
   * The difference; null if there is none.
   *
   * @param from null if it was not declared
   * @param to null if it is not declared
   */
  @Nullable ResourceDiff between(ResourceId id, @Nullable Document from, @Nullable Document to) {
    if (from == to) {
      return null;
    }
    Resource<Tree> before = from == null ? null : from.resource();
    Resource<Tree> after = to == null ? null : to.resource();
    List<FieldChange> fields = fields(id, before, after);
    List<FieldChange> metadata = FieldsOf.diff(UNKNOWN, id, metadata(before), metadata(after));
    Origin origin = before == null ? Origin.NONE : before.origin();
    Origin now = after == null ? Origin.NONE : after.origin();
    Action action;
    if (before == null) {
      action = Action.ADDED;
    } else if (after == null) {
      action = Action.REMOVED;
    } else if (!fields.isEmpty() || !metadata.isEmpty()) {
      action = Action.CHANGED;
    } else if (!origin.file().equals(now.file())) {
      action = Action.MOVED;
    } else {
      return null;
    }
    return new ResourceDiff(id, action, fields, metadata, origin, now, null);
  }

  /** What may or may not differ behind a problem. */
  static ResourceDiff unreadable(
      ResourceId id, @Nullable Document from, @Nullable Document to, Problem problem) {
    Origin before = from == null ? Origin.NONE : from.resource().origin();
    Origin after = to == null ? Origin.NONE : to.resource().origin();
    return new ResourceDiff(id, Action.UNREADABLE, List.of(), List.of(), before, after, problem);
  }

  private List<FieldChange> fields(
      ResourceId id, @Nullable Resource<Tree> from, @Nullable Resource<Tree> to) {
    Kind<?> kind = kinds.getOrDefault(id.kind(), kinds.getOrDefault(Kind.ANY, UNKNOWN));
    Tree before = from == null ? null : from.spec();
    Tree after = to == null ? null : to.spec();
    return FieldsOf.diff(kind, id, before, after).stream()
        .map(change -> sealer.mask(kind, id, change))
        .toList();
  }

  /** Comparing by a kind's rules, or as plain trees where an old spec is not its type any more. */
  private static final class FieldsOf {
    private FieldsOf() {}

    static <T> List<FieldChange> diff(
        Kind<T> kind, ResourceId id, @Nullable Tree from, @Nullable Tree to) {
      if (from != null && to != null && from.equals(to)) {
        return List.of();
      }
      try {
        return bound(kind, id, from, to);
      } catch (BindingException e) {
        return plain(id, from, to);
      }
    }

    private static <T> List<FieldChange> bound(
        Kind<T> kind, ResourceId id, @Nullable Tree from, @Nullable Tree to)
        throws BindingException {
      T before = from == null ? null : kind.bind(from);
      T after = to == null ? null : kind.bind(to);
      if (before == null || after == null) {
        return oneSided(kind, before, after);
      }
      return compare(Differ.declaredFields(kind), id, kind.tree(before), before, after);
    }

    private static List<FieldChange> plain(ResourceId id, @Nullable Tree from, @Nullable Tree to) {
      if (from == null || to == null) {
        return oneSided(UNKNOWN, from, to);
      }
      return compare(Differ.declaredFields(UNKNOWN), id, from, from, to);
    }

    private static <T> List<FieldChange> oneSided(
        Kind<T> kind, @Nullable T before, @Nullable T after) {
      if (after != null) {
        return kind.declared(after).stream().map(c -> declared(c, null, c.to())).toList();
      }
      return before == null
          ? List.of()
          : kind.declared(before).stream().map(c -> declared(c, c.to(), null)).toList();
    }

    private static FieldChange declared(
        FieldChange change, @Nullable Tree from, @Nullable Tree to) {
      return new FieldChange(change.pointer(), from, to, FieldChange.Cause.DECLARED);
    }

    /** As if live were the older declaration, and last applied: so what is gone is a difference. */
    private static <T> List<FieldChange> compare(
        Differ<T> differ, ResourceId id, Tree last, T before, T after) {
      try {
        return differ.diff(last, Observed.of(id, before), Resource.of(id, after)).stream()
            .map(change -> declared(change, change.from(), change.to()))
            .toList();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException("The default differ does no I/O", e);
      }
    }
  }

  private static @Nullable Tree metadata(@Nullable Resource<Tree> resource) {
    if (resource == null) {
      return null;
    }
    Metadata metadata = resource.metadata();
    Metadata usual = Metadata.DEFAULT;
    Map<String, Object> fields = new LinkedHashMap<>();
    if (!metadata.labels().isEmpty()) {
      fields.put("labels", metadata.labels());
    }
    if (!metadata.dependsOn().isEmpty()) {
      fields.put("dependsOn", metadata.dependsOn().stream().map(ResourceId::toString).toList());
    }
    if (metadata.wave() != usual.wave()) {
      fields.put("wave", metadata.wave());
    }
    if (metadata.phase() != usual.phase()) {
      fields.put("phase", word(metadata.phase()));
    }
    if (metadata.onRemoval() != usual.onRemoval()) {
      fields.put("onRemoval", word(metadata.onRemoval()));
    }
    if (metadata.onChange() != usual.onChange()) {
      fields.put("onChange", word(metadata.onChange()));
    }
    if (metadata.timeout() != null) {
      fields.put("timeout", metadata.timeout().toString());
    }
    return fields.isEmpty() ? null : Tree.of(fields);
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
