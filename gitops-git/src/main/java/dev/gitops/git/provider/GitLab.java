// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.git.provider.MergedPullRequest.Approval;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** GitLab, API version 4. */
final class GitLab implements Provider {
  private static final int BAD_REQUEST = 400;

  private final String project;
  private final Http http;
  private final Pages pages;
  private final Comments comments;

  GitLab(Providers options) {
    this.project = "/projects/" + options.repository.replace("/", "%2F");
    this.http = new Http(options, Http.Auth.BEARER);
    this.pages = new Pages(http, options.base);
    this.comments =
        new Comments(
            http,
            new Comments.Form("/body", "/author/username", "/username", "PUT", 500_000, true),
            options.account);
  }

  @Override
  public void setStatus(CommitStatus status) throws IOException, InterruptedException {
    ObjectNode body =
        Json.object()
            .put(
                "state",
                switch (status.state()) {
                  case PENDING -> "running";
                  case SUCCESS -> "success";
                  case FAILURE -> "failed";
                })
            .put("name", status.context())
            .put("description", status.description());
    if (status.link() != null) {
      body.put("target_url", status.link().toString());
    }
    try {
      http.send("POST", project + "/statuses/" + status.commit(), body);
    } catch (ProviderException e) {
      // It is in that state already, or has ended and can't be said to be running again.
      boolean there =
          e.status() == BAD_REQUEST
              && String.valueOf(e.getMessage()).contains("Cannot transition status");
      if (!there) {
        throw e;
      }
    }
  }

  @Override
  public void comment(long pullRequest, String key, String markdown)
      throws IOException, InterruptedException {
    String notes = project + "/merge_requests/" + pullRequest + "/notes";
    comments.put(
        pages.linked(notes + "?per_page=100&order_by=created_at&sort=asc"),
        notes,
        notes,
        key,
        markdown);
  }

  @Override
  public List<MergedPullRequest> mergedBy(String commit) throws IOException, InterruptedException {
    List<MergedPullRequest> merged = new ArrayList<>();
    String associated = project + "/repository/commits/" + commit + "/merge_requests?per_page=100";
    for (JsonNode request : pages.linked(associated)) {
      if (!Json.text(request, "/state").equals("merged")) {
        continue;
      }
      long number = Long.parseLong(Json.required(request, "/iid"));
      String merge = Json.text(request, "/merge_commit_sha");
      String squash = Json.text(request, "/squash_commit_sha");
      String made = merge.isEmpty() ? squash : merge;
      merged.add(
          new MergedPullRequest(
              number,
              Json.required(request, "/target_branch"),
              Json.text(request, "/author/username"),
              Json.required(request, "/sha"),
              made.isEmpty() ? null : made,
              approvals(number)));
    }
    return merged;
  }

  /** GitLab does not say what was approved, but when, and what was proposed when. */
  private List<Approval> approvals(long number) throws IOException, InterruptedException {
    String request = project + "/merge_requests/" + number;
    List<JsonNode> versions = pages.linked(request + "/versions?per_page=100");
    List<Approval> standing = new ArrayList<>();
    for (JsonNode approval : http.get(request + "/approvals").body().at("/approved_by")) {
      String account = Json.text(approval, "/user/username");
      if (!account.isEmpty()) {
        Instant at = instant(Json.text(approval, "/approved_at"));
        standing.add(new Approval(account, at == null ? "" : headAt(at, versions)));
      }
    }
    return standing;
  }

  private static String headAt(Instant at, List<JsonNode> versions) {
    String head = "";
    Instant newest = Instant.MIN;
    for (JsonNode version : versions) {
      Instant from = instant(Json.text(version, "/created_at"));
      if (from == null) {
        return "";
      }
      if (from.isBefore(at) && !from.isBefore(newest)) {
        newest = from;
        head = Json.text(version, "/head_commit_sha");
      }
    }
    return head;
  }

  static @Nullable Instant instant(String text) {
    try {
      return text.isEmpty() ? null : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return null; // a time that can't be understood is none, and what hangs on it is not believed
    }
  }
}
