// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Command;
import dev.gitops.core.model.Command.Verb;
import dev.gitops.core.model.Selection;
import dev.gitops.core.spi.StateStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Tells a reconciler what a person wants, from this process or any other that can reach its store.
 * A command is a durable record in the reconciler's inbox; it takes effect at the start of its next
 * cycle. Thread-safe. Each method returns the command's id, by which listeners report what became
 * of it.
 */
public final class Commands {
  private final StateStore.Inbox inbox;
  private final String by;

  private Commands(StateStore.Inbox inbox, String by) {
    this.inbox = inbox;
    this.by = by;
  }

  /**
   * The inbox of a reconciler.
   *
   * @param store the reconciler's store, or another one over the same files or tables
   * @param reconciler its name
   * @param by who gives the commands, as they are recorded; the caller has authenticated them
   * @throws IOException when the inbox can't be reached
   */
  public static Commands of(StateStore store, String reconciler, String by) throws IOException {
    return new Commands(store.inbox(reconciler), by);
  }

  /**
   * Makes what exists and is declared ours, though it differs or belonged to others: it is updated,
   * later deleted.
   */
  public String adopt(Selection selection, String reason) throws IOException {
    return send(Verb.ADOPT, selection, Set.of(), Map.of(), reason);
  }

  /**
   * Gives up what is ours and leaves it as it is; while it is declared and exists it counts as
   * somebody else's.
   */
  public String release(Selection selection, String reason) throws IOException {
    return send(Verb.RELEASE, selection, Set.of(), Map.of(), reason);
  }

  /** Tries again at once what failed for good, waits for its next try, or is fought over. */
  public String retry(Selection selection, String reason) throws IOException {
    return send(Verb.RETRY, selection, Set.of(), Map.of(), reason);
  }

  /** Approves exactly these changes, for so long; once applied, an approval is used up. */
  public String approve(Set<String> digests, Duration validFor, String reason) throws IOException {
    return send(Verb.APPROVE, Selection.all(), digests, expiring(validFor), reason);
  }

  /**
   * Confirms exactly these deletions or replacements, which a limit or a doubt holds, or ({@code
   * revision:} with its id) a revision that the source holds because its branch was rewritten, or
   * ({@code target:} with its identity) that a target is another system than before; once applied
   * it is used up.
   */
  public String confirm(Set<String> digests, String reason) throws IOException {
    return send(Verb.CONFIRM, Selection.all(), digests, Map.of(), reason);
  }

  /**
   * Pins the desired state to a revision. A branch or tag is pinned to the commit that it means
   * when this is carried out, and refused when there is none such; while the source can't be read
   * at all that is found out later.
   *
   * @param validFor null means until unpinned
   */
  public String pin(String revision, @Nullable Duration validFor, String reason)
      throws IOException {
    Map<String, String> arguments =
        validFor == null
            ? Map.of("revision", revision)
            : Map.of("revision", revision, "expires", expiring(validFor).get("expires"));
    return send(Verb.PIN, Selection.all(), Set.of(), arguments, reason);
  }

  /** Removes the pin; the head is desired again. */
  public String unpin(String reason) throws IOException {
    return send(Verb.UNPIN, Selection.all(), Set.of(), Map.of(), reason);
  }

  /** Stops all writing until resumed, also across restarts; planning and reporting go on. */
  public String suspend(String reason) throws IOException {
    return send(Verb.SUSPEND, Selection.all(), Set.of(), Map.of(), reason);
  }

  /** Lets writing go on. */
  public String resume(String reason) throws IOException {
    return send(Verb.RESUME, Selection.all(), Set.of(), Map.of(), reason);
  }

  private static Map<String, String> expiring(Duration validFor) {
    if (validFor.isNegative() || validFor.isZero()) {
      throw new IllegalArgumentException("Nothing is valid for " + validFor);
    }
    return Map.of("expires", Instant.now().plus(validFor).toString());
  }

  private String send(
      Verb verb,
      Selection selection,
      Set<String> digests,
      Map<String, String> arguments,
      String reason)
      throws IOException {
    String id = UUID.randomUUID().toString();
    Command command =
        new Command(id, verb, selection, digests, arguments, by, Instant.now(), reason);
    inbox.append(id, CommandRecord.write(command));
    return id;
  }
}
