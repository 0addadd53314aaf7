// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.git;

import com.sun.net.httpserver.HttpServer;
import dev.gitops.core.ReconcileLoop;
import dev.gitops.core.Reconciler;
import dev.gitops.core.ReconcilerBuilder;
import dev.gitops.core.model.Plan;
import dev.gitops.git.GitStateSource;
import dev.gitops.git.provider.Preview;
import dev.gitops.git.provider.Provider;
import dev.gitops.git.provider.Providers;
import dev.gitops.git.provider.ReviewRule;
import dev.gitops.git.provider.StatusReporter;
import dev.gitops.git.provider.WebhookHandler;
import dev.gitops.git.provider.Webhooks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A reconciler and the service that hosts its repository. */
public final class PullRequests {
  private PullRequests() {}

  /** The repository at its service. */
  public static Provider connect(Supplier<String> token) {
    return Providers.gitHub("acme/kafka").token(token).build(); // or gitLab, gitea, bitbucket
  }

  /** A push makes the loop look at once. */
  public static void listen(HttpServer server, ReconcileLoop loop, String secret) {
    Webhooks hooks = Webhooks.gitHub("acme/kafka", secret).branch("main");
    server.createContext("/hooks", new WebhookHandler(hooks, loop::trigger));
  }

  /** The same in any web framework; returns the HTTP status to answer with. */
  public static int receive(
      Webhooks hooks, Map<String, List<String>> headers, byte[] body, ReconcileLoop loop) {
    Webhooks.Result result = hooks.handle(headers, body);
    if (result.triggers()) {
      loop.trigger(result.reason());
    }
    return result.status();
  }

  /** Each commit is pending, then a success or a failure. */
  public static StatusReporter report(Provider gitHub, ReconcilerBuilder topics) {
    StatusReporter statuses = StatusReporter.to(gitHub).context("gitops/topics").start();
    topics.listener(statuses);
    return statuses; // to be closed after the loop
  }

  /** Only what was reviewed is used. */
  public static GitStateSource reviewed(String url, Provider gitHub) {
    return GitStateSource.of(url)
        .branch("main")
        .require(ReviewRule.of(gitHub, "main").approvals(2).except("docs/"))
        .build();
  }

  /** What a pull request would do, said under it. */
  public static Plan preview(Reconciler topics, String url, Provider gitHub, long number)
      throws IOException, InterruptedException {
    try (var proposals = GitStateSource.of(url).cache(Path.of("proposals")).build()) {
      return Preview.of(topics, proposals).comment(gitHub, number, "refs/pull/" + number + "/head");
    }
  }
}
