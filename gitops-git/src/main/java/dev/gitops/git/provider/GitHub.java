// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.git.provider.MergedPullRequest.Approval;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** GitHub, and GitHub Enterprise: REST API of version 2022-11-28, which older servers have, too. */
final class GitHub implements Provider {
  /** Anybody with an account can approve a pull request of a public repository. */
  private static final Set<String> INSIDERS = Set.of("OWNER", "MEMBER", "COLLABORATOR");

  private final String repository;
  private final Http http;
  private final Pages pages;
  private final Comments comments;

  GitHub(Providers options) {
    this.repository = "/repos/" + options.repository;
    this.http = new Http(options, Http.Auth.BEARER);
    this.pages = new Pages(http, options.base);
    this.comments =
        new Comments(
            http,
            new Comments.Form("/body", "/user/login", "/login", "PATCH", 65_000, true),
            options.account);
  }

  @Override
  public void setStatus(CommitStatus status) throws IOException, InterruptedException {
    http.send("POST", repository + "/statuses/" + status.commit(), body(status));
  }

  /** GitHub's form of a status, which is Gitea's, too. */
  static ObjectNode body(CommitStatus status) {
    ObjectNode body =
        Json.object()
            .put(
                "state",
                switch (status.state()) {
                  case PENDING -> "pending";
                  case SUCCESS -> "success";
                  case FAILURE -> "failure";
                })
            .put("context", status.context())
            .put("description", status.description());
    return status.link() == null ? body : body.put("target_url", status.link().toString());
  }

  @Override
  public void comment(long pullRequest, String key, String markdown)
      throws IOException, InterruptedException {
    String issue = repository + "/issues/" + pullRequest + "/comments";
    comments.put(
        pages.linked(issue + "?per_page=100"),
        issue,
        repository + "/issues/comments",
        key,
        markdown);
  }

  @Override
  public List<MergedPullRequest> mergedBy(String commit) throws IOException, InterruptedException {
    List<MergedPullRequest> merged = new ArrayList<>();
    String associated = repository + "/commits/" + commit + "/pulls?per_page=100";
    for (JsonNode pull : pages.linked(associated)) {
      boolean here =
          ("/repos/" + Json.text(pull, "/base/repo/full_name")).equalsIgnoreCase(repository);
      if (here && !Json.text(pull, "/merged_at").isEmpty()) {
        long number = Long.parseLong(Json.required(pull, "/number"));
        merged.add(
            new MergedPullRequest(
                number,
                Json.required(pull, "/base/ref"),
                Json.text(pull, "/user/login"),
                Json.required(pull, "/head/sha"),
                Json.required(pull, "/merge_commit_sha"),
                approvals(number)));
      }
    }
    return merged;
  }

  /** The last word of everybody; a remark does not take an approval back. */
  private List<Approval> approvals(long number) throws IOException, InterruptedException {
    Map<String, Approval> standing = new LinkedHashMap<>();
    for (JsonNode review :
        pages.linked(repository + "/pulls/" + number + "/reviews?per_page=100")) {
      String account = Json.text(review, "/user/login");
      String state = Json.required(review, "/state");
      if (account.isEmpty() || state.equals("COMMENTED") || state.equals("PENDING")) {
        continue;
      }
      standing.remove(account);
      if (state.equals("APPROVED") && INSIDERS.contains(Json.text(review, "/author_association"))) {
        standing.put(account, new Approval(account, Json.text(review, "/commit_id")));
      }
    }
    return List.copyOf(standing.values());
  }
}
