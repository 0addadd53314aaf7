// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the desired state: pinned or asked for or the head; when the source is down, the last
 * that was read.
 */
final class Sourcing {
  private final Settings settings;
  private final Calls calls;
  private @Nullable Snapshot last;
  private @Nullable String lastSelector;

  Sourcing(Settings settings, Calls calls) {
    this.settings = settings;
    this.calls = calls;
  }

  /**
   * A snapshot and how far it can be trusted.
   *
   * @param stale why what is missing in it may be declared by now; null when it is what the source
   *     says now
   */
  record Fetched(Snapshot snapshot, @Nullable String stale, List<String> notes) {}

  Fetched fetch(Run run, Controls controls) throws Exception {
    List<String> notes = new ArrayList<>();
    controls.pinNote().ifPresent(notes::add);
    String selector = controls.pinned().orElse(run.revision());
    Object subject = "source";
    String failure;
    if (calls.stuck(subject) > 0) {
      failure = "an earlier fetch has not returned yet";
    } else {
      Call<Snapshot> call =
          calls.start(subject, settings.timeout(), () -> settings.source().fetch(selector));
      calls.next();
      Snapshot snapshot = call.result();
      if (!call.timedOut() && snapshot != null) {
        last = snapshot;
        lastSelector = selector;
        return new Fetched(snapshot, null, notes);
      }
      if (call.failure() instanceof Error error) {
        throw error;
      }
      failure =
          call.timedOut()
              ? "it did not answer within " + settings.timeout()
              : message(call.failure());
      if (last == null && call.failure() instanceof Exception e) {
        throw new ReconcileException(
            "The source " + settings.source().identity() + " can't be read: " + failure, e);
      }
    }
    Snapshot known = last;
    if (known == null || !Objects.equals(lastSelector, selector)) {
      throw new ReconcileException(
          "The source " + settings.source().identity() + " can't be read: " + failure,
          new IllegalStateException(failure));
    }
    String stale = "the source can't be read (" + failure + "), so nothing is deleted";
    notes.add(
        "The source can't be read: "
            + failure
            + "; going on from revision "
            + known.revision().shortId());
    return new Fetched(known, stale, notes);
  }

  private String message(@Nullable Throwable thrown) {
    String text =
        thrown == null
            ? "it returned nothing"
            : thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
    return settings.secrets().scrub(text);
  }
}
