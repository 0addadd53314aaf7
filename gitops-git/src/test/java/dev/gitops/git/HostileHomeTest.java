// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process whose user has everything in his home directory and environment that could lead a fetch
 * astray, without {@link JGitIsolation}. Whatever of it takes effect is seen by a server that
 * nobody should ask, or leaves a file.
 */
class HostileHomeTest {
  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private final HttpServers thieves = new HttpServers();
  private final List<Set<String>> headers = new CopyOnWriteArrayList<>();
  private final List<String> agents = new CopyOnWriteArrayList<>();
  private String thief;
  private Path home;
  private Path trace;

  @BeforeEach
  void create() throws Exception {
    RealGit git = new RealGit(directory);
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    home = Files.createDirectories(directory.resolve("home/.ssh")).getParent();
    trace = directory.resolve("trace");
    thief = thieves.start(exchange -> exchange.sendResponseHeaders(418, -1));
  }

  @AfterEach
  void close() {
    servers.close();
    thieves.close();
  }

  private HttpHandler observed() {
    HttpHandler then = HttpServers.only(() -> "Bearer t0ken", HttpServers.gitBackend(directory));
    return exchange -> {
      Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      names.addAll(exchange.getRequestHeaders().keySet());
      headers.add(names);
      agents.add(String.join(",", exchange.getRequestHeaders().get("User-Agent")));
      exchange.getResponseHeaders().add("Set-Cookie", "theirs=1");
      then.handle(exchange);
    };
  }

  private String start(String alias) throws Exception {
    String url = servers.startTls(Certificates.get().server(alias), false, observed());
    hostileFiles(url);
    return url;
  }

  private void hostileFiles(String url) throws IOException {
    Path program = directory.resolve("evil.sh");
    Files.writeString(program, "#!/bin/sh\necho \"$0 $*\" >> '" + trace + "'\nexit 1\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    Path cookies = directory.resolve("cookies");
    Files.writeString(cookies, "localhost\tFALSE\t/\tFALSE\t4102444800\tsession\tstolen\n");
    String http =
        """
          sslVerify = false
          extraHeader = X-Evil: 1
          extraHeader = Authorization: Basic aG9zdGlsZQ==
          cookieFile = %s
          saveCookies = true
          userAgent = evil
          proxy = %s
          followRedirects = true
        """
            .formatted(cookies, thief);
    Files.writeString(
        home.resolve(".gitconfig"),
        """
        [url "%2$s/"]
          insteadOf = %1$s/
          insteadOf = ssh://
          pushInsteadOf = %1$s/
        [http]
        %3$s
        [http "%1$s/"]
        %3$s
        [http "%1$s/remote.git"]
        %3$s
        [http "HTTPS://LOCALHOST/"]
        %3$s
        [credential]
          helper = !%4$s
        [core]
          sshCommand = %4$s
          gitProxy = %4$s
          hooksPath = %5$s
          askPass = %4$s
          bare = false
          worktree = /nowhere
        [remote "origin"]
          url = %2$s
          uploadpack = %4$s
        [protocol]
          version = 0
        [transfer]
          fsckObjects = true
        """
            .formatted(url, thief, http, program, directory));
    Files.writeString(
        home.resolve(".netrc"), "machine localhost login evil password evil\ndefault login evil\n");
    Files.createDirectories(home.resolve(".config/git"));
    Files.copy(home.resolve(".gitconfig"), home.resolve(".config/git/config"));
    Files.writeString(
        home.resolve(".ssh/config"),
        """
        Host *
          HostName 127.0.0.254
          Port 1
          User evil
          ProxyCommand %1$s
          ProxyJump evil@127.0.0.254
          StrictHostKeyChecking no
          PKCS11Provider %1$s
          IdentityAgent %2$s
        """
            .formatted(program, directory.resolve("agent")));
  }

  private String fetch(String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Duser.home=" + home, "-Duser.name=evil"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(FetchProgram.class.getName());
    command.add(directory.resolve("cache").toString());
    command.addAll(List.of(args));
    Path errors = directory.resolve("errors");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    Map<String, String> environment = builder.environment();
    String program = directory.resolve("evil.sh").toString();
    environment.put("HOME", home.toString());
    environment.remove("XDG_CONFIG_HOME");
    for (String name : List.of("http_proxy", "https_proxy", "all_proxy", "GIT_PROXY_COMMAND")) {
      environment.put(name, thief);
      environment.put(name.toUpperCase(java.util.Locale.ROOT), thief);
    }
    for (String name : List.of("GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "SSH_ASKPASS")) {
      environment.put(name, program);
    }
    environment.put("SSH_AUTH_SOCK", directory.resolve("agent").toString());
    environment.put("GIT_SSL_NO_VERIFY", "1");
    environment.put("GIT_HTTP_USER_AGENT", "evil");
    environment.put("GIT_DIR", "/nowhere");
    environment.put("GIT_CONFIG_COUNT", "1");
    environment.put("GIT_CONFIG_KEY_0", "http.sslVerify");
    environment.put("GIT_CONFIG_VALUE_0", "false");
    Process process = builder.start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output).as(() -> read(errors)).isNotEmpty();
    return output;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void assertNothingTookEffect() {
    assertThat(thieves.requests).isEmpty();
    assertThat(trace).doesNotExist();
    assertThat(directory.resolve("cookies")).content().doesNotContain("theirs");
  }

  @Test
  void nothingOfItLeadsAFetchOverHttpsAstray() throws Exception {
    String url = start("server");
    assertThat(fetch(url + "/remote.git", Certificates.get().authority.toString()))
        .isEqualTo("fetched 1");
    assertThat(servers.requests).isNotEmpty().allMatch(r -> r.endsWith("Bearer t0ken"));
    assertThat(headers).noneMatch(names -> names.contains("Cookie") || names.contains("X-Evil"));
    assertThat(agents).containsOnly("gitops");
    assertNothingTookEffect();
  }

  @Test
  void norMakesAServerTrustedThatIsNot() throws Exception {
    String url = start("stranger");
    assertThat(fetch(url + "/remote.git", Certificates.get().authority.toString()))
        .startsWith("failed ")
        .contains("TLS failed");
    assertThat(servers.requests).isEmpty();
    assertNothingTookEffect();
  }

  @Test
  void norAFetchOverSsh() throws Exception {
    start("server");
    try (SshServers server = new SshServers(directory)) {
      // What the user has, and the server would accept, is not what was given.
      Files.copy(server.key("ed25519", ""), home.resolve(".ssh/id_ed25519"));
      Files.writeString(home.resolve(".ssh/known_hosts"), server.knownHost());
      Path known = server.knownHosts();
      Path unknown = Files.writeString(directory.resolve("unknown"), "");
      Path key = server.key("ed25519", "");
      Path stranger = server.stranger("ed25519", "");
      String noUser = server.url().replace("git@", "");

      assertThat(fetch(noUser, key.toString(), known.toString())).isEqualTo("fetched 1");
      assertThat(fetch(noUser, key.toString(), unknown.toString()))
          .contains("not among the known hosts");
      assertThat(fetch(noUser, stranger.toString(), known.toString()))
          .contains("does not accept the key");
    }
    assertNothingTookEffect();
  }
}
