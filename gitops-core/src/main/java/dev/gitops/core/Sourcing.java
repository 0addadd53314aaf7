// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.HeldRevisionException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the desired state: pinned or asked for or the head; when the source is down, the last
 * that was read; when its rules hold the head back, the one that was accepted last.
 */
final class Sourcing {
  /** The control that names the head that was used last, and the source that it was of. */
  static final String ACCEPTED = "accepted";

  private final Settings settings;
  private final Calls calls;
  private final @Nullable Snapshot proposed;
  private @Nullable Snapshot last;
  private @Nullable String lastSelector;
  private String lastIdentity = "";
  private String heldMessage = "";
  private Instant heldSince = Instant.EPOCH;
  private @Nullable Instant unreadSince;

  Sourcing(Settings settings, Calls calls) {
    this(settings, calls, null);
  }

  /**
   * Instead of fetching, takes what somebody proposes.
   *
   * @param proposed null to fetch
   */
  Sourcing(Settings settings, Calls calls, @Nullable Snapshot proposed) {
    this.settings = settings;
    this.calls = calls;
    this.proposed = proposed;
  }

  /**
   * A snapshot and how far it can be trusted.
   *
   * @param stale why what is missing in it may be declared by now; null when it is what the source
   *     says now
   * @param problem why what the source says now is not used: it may not be, or can't be read; null
   *     when it is used
   * @param identity of the source, as it was when it said this
   * @param accept what to remember as accepted; null when nothing new was
   */
  record Fetched(
      Snapshot snapshot,
      @Nullable String stale,
      @Nullable Problem problem,
      String identity,
      @Nullable Tree accept,
      List<String> notes) {}

  /**
   * @param writing whether more than a plan is made of it, which a pin concerns
   */
  Fetched fetch(Run run, boolean writing, Controls controls, Ledger ledger) throws Exception {
    if (proposed != null) {
      return new Fetched(proposed, null, null, settings.sourceIdentity(), null, List.of());
    }
    List<String> notes = new ArrayList<>();
    String asked = run.revision();
    String selector = asked == null ? controls.pinned().orElse(null) : asked;
    String pin = controls.pinNote().orElse("");
    if (!pin.isEmpty() && !controls.pinned().equals(Optional.ofNullable(selector))) {
      if (writing) {
        throw new IllegalStateException(
            pin + ". Revision " + asked + " can be planned meanwhile; to apply it, unpin first");
      }
      pin += ". This is about revision " + asked;
    }
    if (!pin.isEmpty()) {
      notes.add(pin);
    }
    String accepted = selector == null ? accepted(ledger) : null;
    try {
      Snapshot snapshot = ask(selector, accepted);
      return arrived(selector, snapshot, ledger, notes);
    } catch (HeldRevisionException e) {
      String id = e.revision().id();
      if (selector == null && ledger.control("confirm/revision:" + id) != null) {
        try {
          return arrived(null, ask(null, id), ledger, notes);
        } catch (HeldRevisionException still) {
          return held(still, accepted, notes);
        }
      }
      return held(e, accepted, notes);
    } catch (UnreadableException e) {
      return stale(selector, e, pin, notes);
    }
  }

  private @Nullable String accepted(Ledger ledger) {
    Tree record = ledger.control(ACCEPTED);
    return record == null
        ? null
        : record
            .at("/source")
            .filter(source -> source.text().equals(settings.source().identity()))
            .flatMap(source -> record.at("/revision"))
            .map(Tree::text)
            .orElse(null);
  }

  private Fetched arrived(
      @Nullable String selector, Snapshot snapshot, Ledger ledger, List<String> notes) {
    unreadSince = null;
    last = snapshot;
    lastSelector = selector;
    lastIdentity = settings.sourceIdentity();
    Tree accept = null;
    if (selector == null && !snapshot.revision().id().equals(accepted(ledger))) {
      accept =
          Tree.of(
              Map.of("revision", snapshot.revision().id(), "source", settings.source().identity()));
    }
    return new Fetched(snapshot, null, null, lastIdentity, accept, notes);
  }

  /** The source could not be read, for which its own words are the cause. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1;

    UnreadableException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** A revision that was used before, whatever the head is now. */
  Snapshot revision(String revision) throws InterruptedException, UnreadableException {
    try {
      return ask(revision, revision);
    } catch (HeldRevisionException e) {
      throw new UnreadableException(message(e), e);
    }
  }

  /**
   * The id of the revision that a selector means now; the selector itself where that can't be told
   * since the source can't be read at all.
   *
   * @throws UnreadableException when there is no such revision, or it is held
   */
  String resolve(String selector) throws InterruptedException, UnreadableException {
    try {
      return ask(selector, null).revision().id();
    } catch (HeldRevisionException e) {
      throw new UnreadableException(selector + " is held: " + message(e), e);
    } catch (UnreadableException e) {
      if (readable()) {
        throw e;
      }
      return selector;
    }
  }

  private boolean readable() throws InterruptedException {
    try {
      ask(null, null);
      return true;
    } catch (HeldRevisionException e) {
      return true;
    } catch (UnreadableException e) {
      return false;
    }
  }

  private Snapshot ask(@Nullable String selector, @Nullable String accepted)
      throws InterruptedException, HeldRevisionException, UnreadableException {
    Object subject = "source";
    if (calls.stuck(subject) > 0) {
      throw new UnreadableException("an earlier fetch has not returned yet", null);
    }
    Call<Snapshot> call =
        calls.start(subject, settings.timeout(), () -> settings.source().fetch(selector, accepted));
    calls.next();
    Snapshot snapshot = call.result();
    if (call.timedOut()) {
      throw new UnreadableException("it did not answer within " + settings.timeout(), null);
    }
    if (snapshot != null) {
      return snapshot;
    }
    if (call.failure() instanceof Error error) {
      throw error;
    }
    if (call.failure() instanceof HeldRevisionException held) {
      throw held;
    }
    throw new UnreadableException(message(call.failure()), call.failure());
  }

  /** Goes on from what was accepted last; where nothing was, nothing is known to be declared. */
  private Fetched held(HeldRevisionException e, @Nullable String accepted, List<String> notes)
      throws InterruptedException {
    String why = message(e);
    if (!why.equals(heldMessage)) {
      heldMessage = why;
      heldSince = settings.timing().now();
    }
    String message =
        "Revision %s is held since %s: %s%s"
            .formatted(
                e.revision().shortId(),
                heldSince,
                why,
                e.unblock().isEmpty() ? "" : " (" + settings.secrets().scrub(e.unblock()) + ")");
    if (accepted != null) {
      try {
        Snapshot before = ask(accepted, accepted);
        last = before;
        lastSelector = null;
        lastIdentity = settings.sourceIdentity();
        notes.add("Going on from revision " + before.revision().shortId() + ", without deletions");
        Problem problem = Problem.hides(Origin.NONE, message, (id, file) -> false);
        return new Fetched(before, "a newer revision is held", problem, lastIdentity, null, notes);
      } catch (HeldRevisionException again) {
        message += "; the one before is held, too: " + message(again);
      } catch (UnreadableException again) {
        message += "; the one before can't be read: " + message(again);
      }
    }
    Problem problem = Problem.hidesAnything(Origin.NONE, message);
    Snapshot nothing = new Snapshot(e.revision(), List.of(), List.of(problem));
    return new Fetched(
        nothing, "its revision is held", null, settings.sourceIdentity(), null, notes);
  }

  private Fetched stale(
      @Nullable String selector, UnreadableException e, String pin, List<String> notes) {
    Snapshot known = last;
    if (known == null || !Objects.equals(lastSelector, selector)) {
      throw new ReconcileException(
          (pin.isEmpty() ? "" : pin + ". ")
              + "The source "
              + settings.source().identity()
              + " can't be read: "
              + e.getMessage(),
          e.getCause() == null ? e : e.getCause());
    }
    Instant since = unreadSince == null ? settings.timing().now() : unreadSince;
    unreadSince = since;
    notes.add("Going on from revision " + known.revision().shortId() + ", without deletions");
    String message = "The source can't be read since " + since + ": " + e.getMessage();
    Problem problem = Problem.hides(Origin.NONE, message, (id, file) -> false);
    String stale = "the source can't be read (" + e.getMessage() + "), so nothing is deleted";
    return new Fetched(known, stale, problem, lastIdentity, null, notes);
  }

  private String message(@Nullable Throwable thrown) {
    return thrown == null ? "it returned nothing" : settings.message(thrown);
  }
}
