// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.RemoteSession;
import org.eclipse.jgit.transport.RemoteSession2;
import org.eclipse.jgit.transport.SshConstants;
import org.eclipse.jgit.transport.SshSessionFactory;
import org.eclipse.jgit.transport.URIish;
import org.eclipse.jgit.transport.sshd.DefaultProxyDataFactory;
import org.eclipse.jgit.transport.sshd.ProxyData;
import org.eclipse.jgit.transport.sshd.ServerKeyDatabase;
import org.eclipse.jgit.transport.sshd.SshdSessionFactory;
import org.eclipse.jgit.transport.sshd.SshdSessionFactoryBuilder;
import org.eclipse.jgit.util.FS;
import org.jspecify.annotations.Nullable;

/**
 * One conversation over SSH, with Apache MINA: one key, strictly checked hosts, no file of the
 * user's. Only this class needs the SSH libraries.
 */
final class SshLink extends SshSessionFactory {
  /** No directory can have this name, so that nothing is ever read from there. */
  private static final File NOWHERE = new File("/\0");

  private final GitTransport settings;
  private final Deadline deadline;
  private final KeyPair key;
  private final Hosts hosts;

  SshLink(SshCredentials credentials, GitTransport settings, Deadline deadline)
      throws AccessException {
    this.settings = settings;
    this.deadline = deadline;
    this.key = key(credentials);
    this.hosts =
        new Hosts(KnownHosts.parse(AccessException.ask("known hosts", credentials.knownHosts())));
  }

  private static KeyPair key(SshCredentials credentials) throws AccessException {
    String text = AccessException.ask("private key", credentials.privateKey());
    String passphrase =
        credentials.passphrase() == null
            ? null
            : AccessException.ask("passphrase", credentials.passphrase());
    FilePasswordProvider password = (session, resource, attempt) -> passphrase;
    try {
      Iterable<KeyPair> keys =
          SecurityUtils.loadKeyPairIdentities(
              null,
              () -> "private key",
              new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
              password);
      if (keys != null && keys.iterator().hasNext()) {
        return keys.iterator().next();
      }
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      // Not the cause: what the parsers say may quote the text.
      throw new AccessException(
          "The private key can't be used ("
              + e.getClass().getSimpleName()
              + "): is the passphrase right, and is it in OpenSSH's format, or PEM without one?"
              + " For Ed25519, is org.bouncycastle:bcprov-jdk18on on the class path?");
    }
    throw new AccessException("The text that was given as private key holds none");
  }

  @Override
  public RemoteSession getSession(URIish uri, CredentialsProvider credentials, FS fs, int millis)
      throws TransportException {
    SshTunnel tunnel = tunnel(uri);
    RemoteSession session = null;
    try {
      session = session(uri, credentials, fs, tunnel);
      return session;
    } finally {
      if (session == null && tunnel != null) {
        tunnel.close();
      }
    }
  }

  private RemoteSession session(
      URIish uri, CredentialsProvider credentials, FS fs, @Nullable SshTunnel tunnel)
      throws TransportException {
    SshdSessionFactory sessions =
        new SshdSessionFactoryBuilder()
            .setHomeDirectory(NOWHERE)
            .setSshDirectory(NOWHERE)
            .setConfigFile(directory -> null)
            .setConfigStoreFactory((home, config, user) -> null)
            .setDefaultKnownHostsFiles(directory -> List.of())
            .setServerKeyDatabase((home, directory) -> hosts)
            .setDefaultKeysProvider(directory -> List.of(key))
            .setPreferredAuthentications("publickey")
            .setConnectorFactory(null)
            .setProxyDataFactory(to -> tunnel == null ? null : tunnel.proxy())
            .build(null);
    int connect = deadline.millis(settings.connectTimeout());
    // In a thread of its own: to negotiate with a host that is silent has no end of its own.
    FutureTask<RemoteSession> task =
        new FutureTask<>(() -> sessions.getSession(uri, credentials, fs, connect));
    Thread thread = new Thread(task, "gitops-ssh");
    thread.setDaemon(true);
    thread.start();
    try {
      int atMost = deadline.millis(settings.connectTimeout().plus(settings.silence()));
      RemoteSession2 session = (RemoteSession2) task.get(atMost, TimeUnit.MILLISECONDS);
      return new Bound(session, deadline, tunnel);
    } catch (ExecutionException e) {
      throw explained(e.getCause() == null ? e : e.getCause(), tunnel);
    } catch (TimeoutException e) {
      throw new TransportException("The SSH server does not answer: time out");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException("Interrupted");
    } finally {
      task.cancel(true);
    }
  }

  private TransportException explained(Throwable failure, @Nullable SshTunnel tunnel) {
    IOException noWay = tunnel == null ? null : tunnel.failure;
    if (noWay != null) {
      return noWay instanceof TransportException known
          ? known
          : new TransportException(String.valueOf(noWay.getMessage()), noWay);
    }
    String objection = hosts.objection;
    if (objection != null) {
      return new AccessException(objection);
    }
    String message = String.valueOf(failure.getMessage());
    if (message.contains("authentication methods") || message.contains("log in")) {
      return new AccessException(
          "The SSH server does not accept the key "
              + KeyUtils.getFingerPrint(key.getPublic())
              + ": is it registered there, and is the user of the URL right?");
    }
    return new TransportException(message, failure);
  }

  /** The way through the proxy; null if there is none. */
  private @Nullable SshTunnel tunnel(URIish uri) throws TransportException {
    int port = uri.getPort() > 0 ? uri.getPort() : SshConstants.SSH_DEFAULT_PORT;
    HttpProxy given = settings.proxy();
    SshTunnel.Way way;
    if (given != null) {
      way = given::tunnel;
    } else if (settings.isDirect()) {
      return null;
    } else {
      ProxyData found =
          new DefaultProxyDataFactory()
              .get(InetSocketAddress.createUnresolved(uri.getHost(), port));
      if (found == null) {
        return null;
      }
      way = SshTunnel.Way.of(found.getProxy());
    }
    try {
      return new SshTunnel(way, uri.getHost(), port, deadline.millis(settings.connectTimeout()));
    } catch (IOException e) {
      throw new TransportException("No port on the loopback for the way to the proxy", e);
    }
  }

  @Override
  public void releaseSession(RemoteSession session) {
    session.disconnect();
  }

  @Override
  public String getType() {
    return "gitops";
  }

  /** What JGit asks about hosts; it answers no question about new ones. */
  private static final class Hosts implements ServerKeyDatabase {
    private final KnownHosts known;
    private volatile @Nullable String objection;

    Hosts(KnownHosts known) {
      this.known = known;
    }

    /** So that the server is asked for a key of a sort that is known. */
    @Override
    public List<PublicKey> lookup(
        String connectAddress, InetSocketAddress remote, Configuration configuration) {
      List<PublicKey> keys = new ArrayList<>();
      for (KnownHosts.Line line : known.of(remote.getHostString(), remote.getPort())) {
        PublicKey key = key(line);
        if (key != null) {
          keys.add(key);
        }
      }
      return keys;
    }

    private static @Nullable PublicKey key(KnownHosts.Line line) {
      try {
        return new PublicKeyEntry(line.type(), Base64.getDecoder().decode(line.key()))
            .resolvePublicKey(null, Map.of(), PublicKeyEntryResolver.FAILING);
      } catch (IOException | GeneralSecurityException | RuntimeException e) {
        return null; // of a sort that this library does not know: it won't be asked for
      }
    }

    @Override
    public boolean accept(
        String connectAddress,
        InetSocketAddress remote,
        PublicKey key,
        Configuration configuration,
        CredentialsProvider provider) {
      ByteArrayBuffer wire = new ByteArrayBuffer();
      wire.putRawPublicKey(key);
      objection =
          known.objection(
              remote.getHostString(),
              remote.getPort(),
              wire.getCompactData(),
              KeyUtils.getFingerPrint(key));
      return objection == null;
    }
  }

  /** A session whose streams end in time. */
  private record Bound(RemoteSession2 session, Deadline deadline, @Nullable SshTunnel tunnel)
      implements RemoteSession2 {
    @Override
    public Process exec(String command, int timeout) throws IOException {
      return new BoundProcess(session.exec(command, timeout), deadline);
    }

    @Override
    public Process exec(String command, Map<String, String> environment, int timeout)
        throws IOException {
      return new BoundProcess(session.exec(command, environment, timeout), deadline);
    }

    @Override
    public void disconnect() {
      session.disconnect();
      if (tunnel != null) {
        tunnel.close();
      }
    }
  }
}
