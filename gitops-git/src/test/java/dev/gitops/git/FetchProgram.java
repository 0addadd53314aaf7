// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A program that fetches once, for tests that need a process of their own: {@code cache url},
 * {@code cache url authority} with a token, or {@code cache url key known-hosts}. It prints the
 * number of documents and the problems, or what went wrong.
 */
final class FetchProgram {
  private FetchProgram() {}

  public static void main(String[] args) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    GitTransport transport = GitTransport.defaults().attempts(1);
    try (GitStateSource source =
        GitStateSource.of(args[1])
            .cache(Path.of(args[0]))
            .access(access(args))
            .transport(args.length == 3 ? transport.authorities(Path.of(args[2])) : transport)
            .build()) {
      Snapshot snapshot = source.fetch(null);
      out.println("fetched " + snapshot.documents().size());
      snapshot.problems().forEach(p -> out.println(p.origin().file() + ": " + p.message()));
    } catch (IOException e) {
      out.println("failed " + e.getMessage());
    }
  }

  private static GitAccess access(String[] args) {
    return switch (args.length) {
      case 2 -> GitAccess.anonymous();
      case 3 -> GitAccess.bearer(() -> "t0ken");
      default -> GitAccess.ssh(Path.of(args[2]), Path.of(args[3]));
    };
  }
}
