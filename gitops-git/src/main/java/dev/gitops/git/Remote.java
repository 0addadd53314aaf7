// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jgit.errors.NoRemoteRepositoryException;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.CredentialItem;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.FetchConnection;
import org.eclipse.jgit.transport.PackLock;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.SshSessionFactory;
import org.eclipse.jgit.transport.SshTransport;
import org.eclipse.jgit.transport.Transport;
import org.eclipse.jgit.transport.TransportHttp;
import org.eclipse.jgit.transport.URIish;

/**
 * The repository at the other end. One connection both lists the refs and sends the objects, so a
 * listing can't disagree with what is fetched after it. Nothing is taken from a JGit-wide default:
 * neither credentials nor connection factory nor remote configuration.
 */
final class Remote {
  private static final int MAX_WORDS = 600;
  private static final String SECRET = "(secret)";
  private static final CredentialsProvider NOTHING = new Silent();

  private final GitUrl url;
  private final GitAccess access;
  private final GitTransport settings;
  private final Duration timeout;
  private final Timing timing;
  private final HttpWire wire;
  private final Set<String> secrets = ConcurrentHashMap.newKeySet();

  /**
   * A remote that was not asked yet.
   *
   * @param access bound to what it is for, which need not be this URL: then it does not count
   * @param timeout for one conversation, attempts and pauses included
   */
  Remote(GitUrl url, GitAccess access, GitTransport settings, Duration timeout, Timing timing) {
    this.url = url;
    this.access = access;
    this.settings = settings;
    this.timeout = timeout;
    this.timing = timing;
    this.wire = new HttpWire(settings, access.certificate());
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
   * @throws TransportException when the remote can't be reached, refuses, or takes too long
   */
  <T> T connect(Repository clone, Collection<RefSpec> specs, Use<T> use) throws IOException {
    Deadline deadline = new Deadline(timeout, timing);
    for (int attempt = 1; ; attempt++) {
      try {
        return attempt(clone, specs, use, deadline);
      } catch (IOException e) {
        Duration pause = Retries.pause(e, attempt, settings.attempts(), deadline);
        if (pause == null) {
          throw e;
        }
        deadline.pause(pause);
      }
    }
  }

  private <T> T attempt(Repository clone, Collection<RefSpec> specs, Use<T> use, Deadline deadline)
      throws IOException {
    try (Transport transport = Transport.open(clone, url.uri())) {
      transport.setTimeout(Math.max(1, deadline.millis(settings.silence()) / 1000));
      transport.setCredentialsProvider(NOTHING);
      HttpLink link = new HttpLink(url, access, wire, deadline);
      if (transport instanceof TransportHttp http) {
        http.setHttpConnectionFactory(link);
      } else if (transport instanceof SshTransport ssh) {
        ssh.setSshSessionFactory(ssh(deadline));
      }
      try (FetchConnection connection = transport.openFetch(specs)) {
        return use.with(new Connection(connection, deadline));
      } finally {
        secrets.addAll(link.secrets());
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
    SshCredentials credentials = access.ssh();
    if (credentials == null) {
      throw new AccessException("There is no key for SSH to this host");
    }
    try {
      return new SshLink(credentials, settings, deadline);
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

  /** Whether no message of it or its causes quotes a secret: a server may echo anything. */
  boolean isFitToShow(Throwable failure) {
    String text = words(failure);
    return text.equals(scrubbed(text));
  }

  private String details(Throwable failure) {
    String text = scrubbed(words(failure)).replaceAll("\\p{Cntrl}+", " ");
    return text.length() <= MAX_WORDS ? text : text.substring(0, MAX_WORDS) + "…";
  }

  private String scrubbed(String text) {
    String clean = text;
    for (String secret : secrets) {
      clean = without(secret, clean);
    }
    for (String secret : wire.secrets()) {
      clean = without(secret, clean);
    }
    return clean;
  }

  /** Without a secret in any form in which an address or a header may hold it. */
  private static String without(String secret, String text) {
    return secret.isEmpty()
        ? text
        : text.replace(secret, SECRET)
            .replace(URLEncoder.encode(secret, StandardCharsets.UTF_8), SECRET)
            .replace(URLEncoder.encode(secret, StandardCharsets.UTF_8).replace("+", "%20"), SECRET);
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
