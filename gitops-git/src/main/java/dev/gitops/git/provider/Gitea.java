// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.git.provider.MergedPullRequest.Approval;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Gitea and Forgejo, API version 1. */
final class Gitea implements Provider {
  private static final int NOT_FOUND = 404;

  private final String repository;
  private final Http http;
  private final Pages pages;
  private final Comments comments;

  Gitea(Providers options) {
    this.repository = "/repos/" + options.repository;
    this.http = new Http(options, Http.Auth.TOKEN);
    this.pages = new Pages(http, options.base);
    this.comments =
        new Comments(
            http,
            new Comments.Form("/body", "/user/login", "/login", "PATCH", 65_000, true),
            options.account);
  }

  @Override
  public void setStatus(CommitStatus status) throws IOException, InterruptedException {
    http.send("POST", repository + "/statuses/" + status.commit(), GitHub.body(status));
  }

  @Override
  public void comment(long pullRequest, String key, String markdown)
      throws IOException, InterruptedException {
    String issue = repository + "/issues/" + pullRequest + "/comments";
    comments.put(pages.linked(issue), issue, repository + "/issues/comments", key, markdown);
  }

  @Override
  public List<MergedPullRequest> mergedBy(String commit) throws IOException, InterruptedException {
    JsonNode pull;
    try {
      pull = http.get(repository + "/commits/" + commit + "/pull").body();
    } catch (ProviderException e) {
      if (e.status() != NOT_FOUND) {
        throw e;
      }
      http.get(repository); // so that "not found" means the pull request
      return List.of();
    }
    if (!pull.at("/merged").asBoolean(false)) {
      return List.of();
    }
    long number = Long.parseLong(Json.required(pull, "/number"));
    return List.of(
        new MergedPullRequest(
            number,
            Json.required(pull, "/base/ref"),
            Json.text(pull, "/user/login"),
            Json.required(pull, "/head/sha"),
            Json.required(pull, "/merge_commit_sha"),
            approvals(number)));
  }

  /** The last word of everybody who may decide; a remark does not take an approval back. */
  private List<Approval> approvals(long number) throws IOException, InterruptedException {
    Map<String, Approval> standing = new LinkedHashMap<>();
    for (JsonNode review : pages.linked(repository + "/pulls/" + number + "/reviews?limit=50")) {
      String account = Json.text(review, "/user/login");
      String state = Json.required(review, "/state");
      boolean decides = state.equals("APPROVED") || state.equals("REQUEST_CHANGES");
      if (account.isEmpty() || !decides) {
        continue;
      }
      standing.remove(account);
      if (state.equals("APPROVED")
          && review.at("/official").asBoolean(false)
          && !review.at("/dismissed").asBoolean(false)) {
        standing.put(account, new Approval(account, Json.text(review, "/commit_id")));
      }
    }
    return List.copyOf(standing.values());
  }
}
