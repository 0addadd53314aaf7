// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who reads over HTTPS has no SSH libraries on the class path. */
class MissingSshTest {
  @TempDir Path directory;

  private String fetch(String... args) throws Exception {
    String lean =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(entry -> !entry.contains("sshd") && !entry.contains("ssh.apache"))
            .filter(entry -> !entry.contains("bouncycastle"))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Duser.home=" + directory, "-cp", lean));
    command.addAll(List.of(FetchProgram.class.getName(), directory.resolve("cache").toString()));
    command.addAll(List.of(args));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return output.strip();
  }

  @Test
  void sshWithoutThemSaysWhatToAdd() throws Exception {
    Path any = Files.writeString(directory.resolve("any"), "");
    assertThat(fetch("git@git.example.com:team/x.git", any.toString(), any.toString()))
        .startsWith("failed ")
        .contains("git@git.example.com:team/x.git")
        .contains("org.eclipse.jgit:org.eclipse.jgit.ssh.apache");
  }

  @Test
  void httpsNeedsNoneOfThem() throws Exception {
    RealGit git = new RealGit(directory);
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    try (HttpServers servers = new HttpServers()) {
      String url =
          servers.startTls(
              Certificates.get().server("server"), false, HttpServers.gitBackend(directory));
      assertThat(fetch(url + "/remote.git", Certificates.get().authority.toString()))
          .isEqualTo("fetched 1");
    }
  }
}
