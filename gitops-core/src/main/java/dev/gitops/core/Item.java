// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.ResourceId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change as the engine sees it: with the typed values behind it, in clear. */
final class Item<T> {
  final Route<T> route;
  final ResourceId id;
  final @Nullable Declared<T> declared;
  final @Nullable Owned owned;
  final @Nullable Observed<T> live;
  final List<FieldChange> fields;
  private Change change;

  Item(
      Route<T> route,
      ResourceId id,
      @Nullable Declared<T> declared,
      @Nullable Owned owned,
      @Nullable Observed<T> live,
      List<FieldChange> fields,
      Change change) {
    this.route = route;
    this.id = id;
    this.declared = declared;
    this.owned = owned;
    this.live = live;
    this.fields = fields;
    this.change = change;
  }

  Change change() {
    return change;
  }

  void change(Change newChange) {
    this.change = newChange;
  }

  /** Blocks it, unless something has blocked it before. */
  void block(Block block) {
    if (change.block() == null) {
      change = change.withBlock(block);
    }
  }

  boolean ready() {
    return change.block() == null;
  }

  /** Whether applying it changes the state of the target; a hook is run, not applied. */
  boolean writes() {
    return ready()
        && change.action() != Change.Action.RECORD
        && change.action() != Change.Action.RUN
        && change.action() != Change.Action.NONE;
  }

  boolean isHook() {
    return change.action() == Change.Action.RUN;
  }

  String declarationDigest() {
    return declared == null ? "" : declared.digest();
  }

  /**
   * What applying it would be asked of the target, and from which state; the same when repeated.
   */
  String attempt() {
    return change.digest() + (live == null ? " absent" : " at " + live.version());
  }

  /** Whether it takes something away, and so waits for what is created or changed. */
  boolean deletes() {
    return declared == null;
  }
}
