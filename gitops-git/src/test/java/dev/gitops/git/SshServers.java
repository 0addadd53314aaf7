// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;

/** An SSH server in this process that runs the real git, and the keys that ssh-keygen makes. */
final class SshServers implements AutoCloseable {
  private final Path directory;
  private final SshServer server = SshServer.setUpDefaultServer();
  private final List<PublicKey> allowed = new CopyOnWriteArrayList<>();
  private KeyPair host;

  /** Who ran what. */
  final List<String> commands = new CopyOnWriteArrayList<>();

  SshServers(Path directory) throws Exception {
    this.directory = directory;
    host = KeyUtils.generateKeyPair(KeyPairProvider.ECDSA_SHA2_NISTP256, 256);
    server.setHost("127.0.0.1");
    server.setPort(0);
    server.setKeyPairProvider(session -> List.of(host));
    server.setPublickeyAuthenticator(
        (user, key, session) ->
            user.equals("git") && KeyUtils.findMatchingKey(key, allowed) != null);
    server.setCommandFactory((channel, command) -> new Pack(command));
    server.start();
  }

  String url() {
    return "ssh://git@127.0.0.1:" + port() + directory.resolve("remote.git");
  }

  int port() {
    return server.getPort();
  }

  /** From now on the host shows another key. */
  void changeHostKey() throws Exception {
    host = KeyUtils.generateKeyPair(KeyPairProvider.ECDSA_SHA2_NISTP384, 384);
  }

  /** The line of the known hosts for this server. */
  String knownHost() {
    return "[127.0.0.1]:" + port() + " " + PublicKeyEntry.toString(host.getPublic()) + "\n";
  }

  Path knownHosts() throws IOException {
    return Files.writeString(directory.resolve("known_hosts"), knownHost());
  }

  /** A key that is let in. */
  Path key(String type, String passphrase) throws Exception {
    Path key = stranger(type, passphrase);
    String line = Files.readString(Path.of(key + ".pub"));
    allowed.add(PublicKeyEntry.parsePublicKeyEntry(line).resolvePublicKey(null, Map.of(), null));
    return key;
  }

  /** A key that is not. */
  Path stranger(String type, String passphrase) throws Exception {
    Path key = Files.createTempFile(directory, "id_" + type, "");
    Files.delete(key);
    Process process =
        new ProcessBuilder(
                "ssh-keygen", "-q", "-t", type, "-N", passphrase, "-a", "4", "-f", key.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException(output);
    }
    return key;
  }

  @Override
  public void close() throws IOException {
    server.stop(true);
  }

  /** {@code git-upload-pack '/path'} or {@code git-receive-pack '/path'}. */
  private final class Pack implements Command {
    private final String line;
    private InputStream in;
    private OutputStream out;
    private OutputStream errors;
    private ExitCallback end;
    private Process process;

    Pack(String line) {
      this.line = line;
    }

    @Override
    public void start(ChannelSession channel, Environment environment) throws IOException {
      commands.add(line);
      ProcessBuilder builder =
          new ProcessBuilder(
              "sh", "-c", line.replaceFirst("^git-(upload|receive)-pack ", "git $1-pack "));
      builder.environment().putAll(RealGit.environment(directory));
      builder
          .environment()
          .put("GIT_PROTOCOL", environment.getEnv().getOrDefault("GIT_PROTOCOL", ""));
      process = builder.start();
      thread(() -> pump(in, process.getOutputStream()));
      thread(() -> pump(process.getErrorStream(), errors));
      thread(
          () -> {
            pump(process.getInputStream(), out);
            end.onExit(process.onExit().join().exitValue());
          });
    }

    private static void thread(Runnable work) {
      Thread thread = new Thread(work, "ssh-server");
      thread.setDaemon(true);
      thread.start();
    }

    private static void pump(InputStream from, OutputStream to) {
      byte[] buffer = new byte[1 << 14];
      try (to) {
        for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
          to.write(buffer, 0, n);
          to.flush();
        }
      } catch (IOException e) {
        // One side has had enough.
      }
    }

    @Override
    public void destroy(ChannelSession channel) {
      process.destroy();
    }

    @Override
    public void setInputStream(InputStream stream) {
      in = stream;
    }

    @Override
    public void setOutputStream(OutputStream stream) {
      out = stream;
    }

    @Override
    public void setErrorStream(OutputStream stream) {
      errors = stream;
    }

    @Override
    public void setExitCallback(ExitCallback callback) {
      end = callback;
    }
  }
}
