// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Origin;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.HeldRevisionException;
import dev.gitops.core.spi.StateSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Several sources as one desired state.
 *
 * <pre>{@code
 * MergedStateSource.of("shared", shared).and("team", team)       // an id in both is a problem of both
 * MergedStateSource.of("base", base).overlay("prod", production) // what prod declares replaces base's
 * }</pre>
 *
 * <p>Origins name the part before the file: {@code team:topics/orders.yaml:3}. An overlay replaces
 * resources as a whole, never fields of them; ids are compared as they are written. What an overlay
 * may declare behind something that can't be read is not taken from the parts before it, and stays
 * as it is in the target; of an overlay that was not yet read whole since the start, that may be
 * anything.
 *
 * <p>A part that can't be read fails the whole; a part that holds its revision back holds the whole
 * back. Thread-safe, one fetch at a time. Its parts belong to it: closing it closes them.
 */
public final class MergedStateSource implements StateSource {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private final Map<String, StateSource> parts;
  private final Set<String> overlays;
  private @Nullable MergedSnapshot last;

  private MergedStateSource(Map<String, StateSource> parts, Set<String> overlays) {
    this.parts = parts;
    this.overlays = overlays;
  }

  /**
   * A first part.
   *
   * @param name up to 63 letters, digits, dots, dashes and underscores; part of origins and
   *     revisions
   */
  public static MergedStateSource of(String name, StateSource source) {
    return new MergedStateSource(Map.of(), Set.of()).with(name, source, false);
  }

  /** The same with another part, which must not declare what one before it declares. */
  public MergedStateSource and(String name, StateSource source) {
    return with(name, source, false);
  }

  /** The same with another part, whose resources replace those of the same id before it. */
  public MergedStateSource overlay(String name, StateSource source) {
    return with(name, source, true);
  }

  private MergedStateSource with(String name, StateSource source, boolean overlay) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "A part is called by up to 63 letters, digits, dots, dashes and underscores, not '"
              + name
              + "'");
    }
    Map<String, StateSource> more = new LinkedHashMap<>(parts);
    if (more.put(name, source) != null) {
      throw new IllegalArgumentException("Two parts are called '" + name + "'");
    }
    Set<String> replacing = new LinkedHashSet<>(overlays);
    if (overlay) {
      replacing.add(name);
    }
    return new MergedStateSource(more, replacing);
  }

  /**
   * {@inheritDoc}
   *
   * @param revision {@code shared=<revision>+team=<revision>}, each as its part understands it
   *     ({@code +} written as {@code %2B}, {@code %} as {@code %25}); parts that are left out are
   *     read at their heads
   * @throws IllegalArgumentException for anything else, or what a part refuses
   * @throws IOException naming the part that can't be read
   */
  @Override
  public Snapshot fetch(@Nullable String revision) throws Exception {
    Map<String, String> wanted = ids(revision);
    return fetch(Map.of(), (name, part) -> part.fetch(wanted.get(name)));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException as {@link #fetch(String)} does
   * @throws IOException as {@link #fetch(String)} does
   * @throws HeldRevisionException when a part is held. To confirm the revision that it names is to
   *     confirm those of all parts that are held; the others go on to their heads by their own
   *     rules
   */
  @Override
  public Snapshot fetch(@Nullable String revision, @Nullable String accepted) throws Exception {
    Map<String, String> wanted = ids(revision);
    Map<String, String> before = ids(accepted);
    return fetch(before, (name, part) -> part.fetch(wanted.get(name), before.get(name)));
  }

  /** How a part is read. */
  @FunctionalInterface
  private interface Reading {
    Snapshot of(String name, StateSource part) throws Exception;
  }

  private synchronized Snapshot fetch(Map<String, String> accepted, Reading reading)
      throws Exception {
    Map<String, Snapshot> snapshots = new LinkedHashMap<>();
    Map<String, HeldRevisionException> held = new LinkedHashMap<>();
    for (Map.Entry<String, StateSource> part : parts.entrySet()) {
      String name = part.getKey();
      try {
        snapshots.put(name, reading.of(name, part.getValue()));
      } catch (HeldRevisionException e) {
        // The others are asked, too: a person confirms all that is held at once.
        held.put(name, e);
      } catch (InterruptedException e) {
        throw e;
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("Part '" + name + "': " + e.getMessage(), e);
      } catch (Exception e) {
        throw new IOException("Part '" + name + "': " + e.getMessage(), e);
      }
    }
    if (!held.isEmpty()) {
      throw held(held, accepted);
    }
    MergedSnapshot known = last;
    if (known == null || !known.isOf(snapshots)) {
      known = new MergedSnapshot(snapshots, overlays, known);
      last = known;
    }
    return known.snapshot();
  }

  private HeldRevisionException held(
      Map<String, HeldRevisionException> held, Map<String, String> accepted) {
    Map<String, String> ids = new LinkedHashMap<>();
    for (String name : parts.keySet()) {
      HeldRevisionException e = held.get(name);
      String id = e == null ? accepted.get(name) : e.revision().id();
      if (id != null) {
        ids.put(name, id);
      }
    }
    String id = MergedRevision.compose(ids);
    List<String> messages = new ArrayList<>();
    Set<String> ways = new LinkedHashSet<>();
    held.forEach(
        (name, e) -> {
          messages.add("part '" + name + "': " + e.getMessage());
          if (!e.unblock().isEmpty()) {
            ways.add(e.unblock().replace("revision:" + e.revision().id(), "revision:" + id));
          }
        });
    Revision first = held.values().iterator().next().revision();
    return new HeldRevisionException(
        new Revision(id, first.author(), first.committer(), first.time(), first.message()),
        String.join("; ", messages),
        String.join("; ", ways));
  }

  private Map<String, String> ids(@Nullable String revision) {
    return revision == null ? Map.of() : MergedRevision.parse(revision, parts.keySet());
  }

  /**
   * Where else a resource is declared, in parts that an overlay replaces, as the last fetch has
   * found it; the last replaced first, empty for what nothing replaces.
   */
  public synchronized List<Origin> overridden(ResourceId id) {
    return last == null ? List.of() : last.overridden(id);
  }

  /** The names and identities of all parts in their order, and which of them are overlays. */
  @Override
  public String identity() {
    StringBuilder all = new StringBuilder("merged");
    parts.forEach(
        (name, source) ->
            all.append(overlays.contains(name) ? " overlay " : " ")
                .append(name)
                .append(" (")
                .append(source.identity())
                .append(')'));
    return all.toString();
  }

  @Override
  public void close() {
    RuntimeException failure = null;
    for (StateSource part : parts.values()) {
      try {
        part.close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
