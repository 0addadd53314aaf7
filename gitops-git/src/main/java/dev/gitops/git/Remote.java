// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.CredentialItem;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.FetchConnection;
import org.eclipse.jgit.transport.PackLock;
import org.eclipse.jgit.transport.PushConnection;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.RemoteRefUpdate;
import org.eclipse.jgit.transport.SshSessionFactory;
import org.eclipse.jgit.transport.SshTransport;
import org.eclipse.jgit.transport.Transport;
import org.eclipse.jgit.transport.TransportHttp;
import org.eclipse.jgit.transport.URIish;
import org.jspecify.annotations.Nullable;

/**
 * The repository at the other end. One connection both lists the refs and sends the objects, so a
 * listing can't disagree with what is fetched after it. Nothing is taken from a JGit-wide default:
 * neither credentials nor connection factory nor remote configuration.
 */
final class Remote {
  private static final CredentialsProvider NOTHING = new Silent();

  private final Route route;
  private final HttpWire wire;
  private final Words words = new Words();

  /** A remote that was not asked yet. */
  Remote(Route route) {
    this.route = route;
    this.wire = new HttpWire(route.transport(), route.access().certificate());
  }

  /** What it says and what goes wrong with it. */
  Words words() {
    return words;
  }

  /** What to do with an open connection; again from the start when it breaks. */
  @FunctionalInterface
  interface Use<T> {
    T with(Connection connection) throws IOException;
  }

  /**
   * Connects, on behalf of a clone.
   *
   * @param specs what is asked for: a remote that can, lists only these
   * @param depth how many commits deep the clone is to be; null for what it lacks
   * @throws TransportException when the remote can't be reached, refuses, or takes too long
   */
  <T> T connect(Repository clone, Collection<RefSpec> specs, @Nullable Integer depth, Use<T> use)
      throws IOException {
    return converse(
        clone,
        (transport, deadline) -> {
          transport.setDepth(depth);
          try (FetchConnection connection = transport.openFetch(specs)) {
            return use.with(new Connection(connection, deadline));
          }
        });
  }

  /**
   * What a remote made of a push.
   *
   * @param words what it said to that, scrubbed and inert; empty if nothing
   */
  record Answer(Verdict verdict, String words) {}

  /** Whether a branch of the remote is where it was pushed to. */
  enum Verdict {
    DONE,
    /** The branch was elsewhere, so nothing was sent. */
    MOVED,
    REFUSED,
    /** It was sent, and nobody knows what became of it. */
    UNKNOWN
  }

  /**
   * Moves a branch of the remote, if it still is where it is expected. Goes to the connection
   * itself: JGit's push would run a hook that the user's configuration names.
   *
   * @param expected the zero id for a branch that must not exist yet
   * @throws IOException when nothing was sent
   */
  Answer push(Repository clone, String branch, ObjectId expected, ObjectId to) throws IOException {
    return converse(
        clone,
        (transport, deadline) -> {
          RemoteRefUpdate update =
              new RemoteRefUpdate(clone, to.name(), to, branch, false, null, expected);
          return push(transport, deadline, update);
        });
  }

  private Answer push(Transport transport, Deadline deadline, RemoteRefUpdate update)
      throws IOException {
    String branch = update.getRemoteName();
    ObjectId expected = update.getExpectedOldObjectId();
    PushConnection used;
    try (PushConnection connection = transport.openPush()) {
      used = connection;
      Ref there = connection.getRef(branch);
      if (!expected.equals(there == null ? ObjectId.zeroId() : there.getObjectId())) {
        return new Answer(Verdict.MOVED, "");
      }
      connection.push(deadline, Map.of(branch, update), OutputStream.nullOutputStream());
    } catch (TransportException | StopException e) {
      if (update.getStatus() == RemoteRefUpdate.Status.NOT_ATTEMPTED) {
        throw e;
      }
      return new Answer(Verdict.UNKNOWN, words.inert(Words.of(e)));
    }
    Verdict verdict =
        switch (update.getStatus()) {
          case OK, UP_TO_DATE -> Verdict.DONE;
          case NOT_ATTEMPTED, AWAITING_REPORT -> Verdict.UNKNOWN;
          default -> Verdict.REFUSED;
        };
    String reason = update.getMessage() == null ? "" : update.getMessage() + "\n";
    return new Answer(verdict, words.inert(reason + used.getMessages()));
  }

  /** What is said to a remote, and what becomes of it. */
  @FunctionalInterface
  private interface Talk<T> {
    T over(Transport transport, Deadline deadline) throws IOException;
  }

  private <T> T converse(Repository clone, Talk<T> talk) throws IOException {
    Deadline deadline = new Deadline(route.timeout(), route.timing());
    for (int attempt = 1; ; attempt++) {
      try {
        return converse(clone, talk, deadline);
      } catch (IOException e) {
        Duration pause = Retries.pause(e, attempt, route.transport().attempts(), deadline);
        if (pause == null) {
          throw e;
        }
        deadline.pause(pause);
      }
    }
  }

  private <T> T converse(Repository clone, Talk<T> talk, Deadline deadline) throws IOException {
    try (HttpLink link = new HttpLink(route.url(), route.access(), wire, deadline);
        Transport transport = Transport.open(clone, route.url().uri())) {
      transport.setTimeout(Math.max(1, deadline.millis(route.transport().silence()) / 1000));
      transport.setCredentialsProvider(NOTHING);
      if (transport instanceof TransportHttp http) {
        http.setHttpConnectionFactory(link);
      } else if (transport instanceof SshTransport ssh) {
        ssh.setSshSessionFactory(ssh(deadline));
      }
      try {
        return talk.over(transport, deadline);
      } finally {
        words.hide(link.secrets());
        words.hide(wire.secrets());
      }
    } catch (IOException | StopException e) {
      IOException reason = StopException.reason(e);
      if (reason == null && e instanceof IOException failure) {
        throw failure;
      }
      throw reason instanceof TransportException
          ? reason
          : new TransportException(String.valueOf(reason == null ? e : reason.getMessage()));
    }
  }

  private SshSessionFactory ssh(Deadline deadline) throws AccessException {
    SshCredentials credentials = route.access().ssh();
    if (credentials == null) {
      throw new AccessException("There is no key for SSH to this host");
    }
    try {
      return new SshLink(credentials, route.transport(), deadline);
    } catch (LinkageError e) {
      throw new AccessException(
          "SSH needs org.eclipse.jgit:org.eclipse.jgit.ssh.apache on the class path; add it, or use"
              + " https ("
              + e.getMessage()
              + ")");
    }
  }

  /** An open connection. */
  static final class Connection {
    private final FetchConnection connection;
    private final Deadline deadline;

    private Connection(FetchConnection connection, Deadline deadline) {
      this.connection = connection;
      this.deadline = deadline;
    }

    /** The remote's refs, at least those asked for; complete or an exception before this. */
    Collection<Ref> refs() {
      return connection.getRefs();
    }

    /** What must happen while the new objects are still safe from a garbage collection. */
    @FunctionalInterface
    interface Received {
      void apply() throws IOException;
    }

    /** Gets the objects behind these refs that the clone does not have; once. */
    void receive(List<Ref> wanted, Received then) throws IOException {
      try {
        connection.setPackLockMessage("gitops");
        connection.fetch(deadline, wanted, Set.of());
        then.apply();
      } finally {
        for (PackLock lock : connection.getPackLocks()) {
          lock.unlock();
        }
      }
    }
  }

  /** Answers no question of JGit's: neither for a password nor whether to trust somebody. */
  private static final class Silent extends CredentialsProvider {
    @Override
    public boolean isInteractive() {
      return false;
    }

    @Override
    public boolean supports(CredentialItem... items) {
      return false;
    }

    @Override
    public boolean get(URIish uri, CredentialItem... items) {
      return false;
    }
  }
}
