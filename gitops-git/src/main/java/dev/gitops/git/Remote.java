// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.errors.NoRemoteRepositoryException;
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
  private static final Duration SILENCE = Duration.ofMinutes(1);
  private static final int MAX_WORDS = 2_000;

  private final GitUrl url;
  private final Duration timeout;

  Remote(GitUrl url, Duration timeout) {
    this.url = url;
    this.timeout = timeout;
  }

  /** What to do with an open connection. */
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
    Deadline deadline = new Deadline(timeout);
    try (Transport transport = transport(clone, deadline)) {
      transport.setDepth(depth);
      try (FetchConnection connection = transport.openFetch(specs)) {
        return use.with(new Connection(connection, deadline));
      }
    }
  }

  private Transport transport(Repository clone, Deadline deadline) throws IOException {
    if (url.isSsh() && SshSessionFactory.getInstance() == null) {
      throw new TransportException(
          "There is no SSH transport: add org.eclipse.jgit:org.eclipse.jgit.ssh.apache, or use"
              + " https");
    }
    Transport transport = Transport.open(clone, url.uri());
    transport.setTimeout((int) Math.max(1, Math.min(timeout.toSeconds(), SILENCE.toSeconds())));
    transport.setCredentialsProvider(new OriginCredentials(url));
    if (transport instanceof TransportHttp http) {
      http.setHttpConnectionFactory(new BoundHttp(url, deadline));
    }
    return transport;
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
    Deadline deadline = new Deadline(timeout);
    RemoteRefUpdate update =
        new RemoteRefUpdate(clone, to.name(), to, branch, false, null, expected);
    PushConnection used;
    try (Transport transport = transport(clone, deadline);
        PushConnection connection = transport.openPush()) {
      used = connection;
      Ref there = connection.getRef(branch);
      if (!expected.equals(there == null ? ObjectId.zeroId() : there.getObjectId())) {
        return new Answer(Verdict.MOVED, "");
      }
      connection.push(deadline, Map.of(branch, update), OutputStream.nullOutputStream());
    } catch (TransportException e) {
      if (update.getStatus() == RemoteRefUpdate.Status.NOT_ATTEMPTED) {
        throw e;
      }
      return new Answer(Verdict.UNKNOWN, inert(words(e)));
    }
    Verdict verdict =
        switch (update.getStatus()) {
          case OK, UP_TO_DATE -> Verdict.DONE;
          case NOT_ATTEMPTED, AWAITING_REPORT -> Verdict.UNKNOWN;
          default -> Verdict.REFUSED;
        };
    String reason = update.getMessage() == null ? "" : update.getMessage() + "\n";
    return new Answer(verdict, inert(reason + used.getMessages()));
  }

  /** What a remote says, as text that no terminal takes for more, on one line. */
  private String inert(String text) {
    String lines = scrubbed(text).strip().replaceAll("\\s*[\\r\\n]+\\s*", " | ");
    String plain = lines.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]+", " ").strip();
    return plain.length() <= MAX_WORDS ? plain : plain.substring(0, MAX_WORDS) + "…";
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

  /** What went wrong with the remote, in words that say what to do. */
  String explain(Throwable failure) {
    String details = details(failure);
    if (failure instanceof NoRemoteRepositoryException) {
      return "there is no Git repository (or it is hidden from these credentials): "
          + details
          + ". Check the URL, and that the credentials may read it";
    }
    return details
        + ". Check the URL, the network, the credentials, and that the server is up; nothing was"
        + " changed, it is tried again at the next fetch";
  }

  /** The same of a push of which nothing was sent. */
  String explainPush(Throwable failure) {
    return details(failure)
        + ". Check the URL, the network, and that the credentials may write there; nothing was"
        + " pushed";
  }

  /** Whether no message of it or its causes quotes the password: a server may echo anything. */
  boolean isFitToShow(Throwable failure) {
    String text = words(failure);
    return text.equals(scrubbed(text));
  }

  private String details(Throwable failure) {
    return scrubbed(words(failure));
  }

  private String scrubbed(String text) {
    String password = url.password();
    return password == null || password.isEmpty() ? text : text.replace(password, "(secret)");
  }

  /** JGit's own words, of which those about the root cause often say more. */
  private static String words(Throwable failure) {
    StringBuilder text = new StringBuilder();
    int depth = 0;
    for (Throwable t = failure; t != null && depth++ < 10; t = t.getCause()) {
      String message = t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage();
      if (text.indexOf(message) < 0) {
        text.append(text.isEmpty() ? "" : ": ").append(message);
      }
    }
    return text.toString();
  }

  /** Gives user and password to the host that they are meant for, and answers nothing else. */
  private static final class OriginCredentials extends CredentialsProvider {
    private final GitUrl url;

    OriginCredentials(GitUrl url) {
      this.url = url;
    }

    @Override
    public boolean isInteractive() {
      return false;
    }

    @Override
    public boolean supports(CredentialItem... items) {
      for (CredentialItem item : items) {
        if (!(item instanceof CredentialItem.Username || item instanceof CredentialItem.Password)) {
          return false;
        }
      }
      return true;
    }

    @Override
    public boolean get(URIish uri, CredentialItem... items) {
      if (!url.hasCredentials()
          || !url.isOrigin(uri.getScheme(), uri.getHost(), uri.getPort())
          || !supports(items)) {
        return false;
      }
      for (CredentialItem item : items) {
        if (item instanceof CredentialItem.Username user) {
          user.setValue(url.user() == null ? "" : url.user());
        } else if (item instanceof CredentialItem.Password password) {
          password.setValue((url.password() == null ? "" : url.password()).toCharArray());
        }
      }
      return true;
    }
  }
}
