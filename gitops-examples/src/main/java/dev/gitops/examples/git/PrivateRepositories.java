// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.git;

import dev.gitops.git.GitAccess;
import dev.gitops.git.GitStateSource;
import dev.gitops.git.GitTransport;
import java.nio.file.Path;
import java.util.function.Supplier;

/** As whom a repository is read, and how it is reached. */
public final class PrivateRepositories {
  private PrivateRepositories() {}

  /** With a token that may rotate, over HTTPS. */
  public static GitStateSource token(Supplier<String> token) {
    return GitStateSource.of("https://git.example.com/kafka.git")
        .access(GitAccess.basic("ci", token)) // asked for anew in each conversation
        .build();
  }

  /** As an installation of a GitHub App. */
  public static GitAccess app() {
    return GitAccess.gitHubApp("Iv1.8a61f9b3", 42, Path.of("app.pem"));
  }

  /** With a key over SSH. */
  public static GitStateSource key(Supplier<String> passphrase) {
    return GitStateSource.of("git@git.example.com:team/kafka.git")
        .access(GitAccess.ssh(Path.of("id_ed25519"), Path.of("known_hosts"), passphrase))
        .build();
  }

  /** Inside a company: its own authority, client certificates, a proxy. */
  public static GitStateSource company(Supplier<String> token, Supplier<String> proxyPassword) {
    return GitStateSource.of("https://git.example.com/team/kafka.git")
        .access(
            GitAccess.bearer(token)
                .clientCertificate(Path.of("client.pem"), Path.of("client.key"))
                .below("https://git.example.com/team")) // by default: this repository only
        .transport(
            GitTransport.defaults()
                .authorities(Path.of("ca.pem"))
                .proxy("http://proxy.example.com:3128", "ci", proxyPassword))
        .build();
  }
}
