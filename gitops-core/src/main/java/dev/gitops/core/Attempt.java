// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Written;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** A change, carried out: what the target is asked for. Called on the executor. */
record Attempt<T>(Item<T> item) implements Callable<Written> {
  private static final int SHORTEST_SECRET = 4; // a shorter one would mangle the message

  @Override
  public Written call() throws Exception {
    Observed<T> live = item.live;
    if (item.declared == null || item.change().action() == Action.REPLACE) {
      if (live != null) {
        item.route.target().delete(live);
      }
      return Written.done();
    } else if (live == null) {
      return item.route.target().create(item.declared.resource());
    }
    Set<String> removed =
        item.fields.stream()
            .filter(f -> f.to() == null)
            .map(f -> f.pointer())
            .collect(Collectors.toSet());
    Declared<T> declared = item.declared;
    T spec =
        item.route
            .kind()
            .effective(
                declared.resource().spec(), live.value(), removed, item.route.target().merges());
    Resource<T> desired = declared.resource().withSpec(spec);
    return removed.isEmpty()
        ? item.route.target().update(live, desired)
        : item.route.target().update(live, desired, removed);
  }

  /** What went wrong with it, without its secrets, referred to or declared. */
  String message(Settings settings, Throwable thrown) {
    String text = settings.message(thrown);
    Kind<T> kind = item.route.kind();
    if (!kind.secrets().isEmpty()) {
      List<FieldChange> values = new ArrayList<>();
      if (item.declared != null) {
        values.addAll(kind.declared(item.declared.resource().spec()));
      }
      if (item.live != null) {
        values.addAll(kind.declared(item.live.value()));
      }
      for (FieldChange field : values) {
        Tree value = field.to();
        if (value != null
            && kind.isSecret(field.pointer())
            && value.text().length() >= SHORTEST_SECRET) {
          text = text.replace(value.text(), "(secret)");
        }
      }
    }
    return text;
  }
}
