// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.git.provider.MergedPullRequest.Approval;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Bitbucket Cloud, API version 2.0. */
final class Bitbucket implements Provider {
  private static final int LONGEST_KEY = 40;
  private static final int NOT_FOUND = 404;

  private final String name;
  private final String repository;
  private final Http http;
  private final Pages pages;
  private final Comments comments;

  Bitbucket(Providers options) {
    this.name = options.repository;
    this.repository = "/repositories/" + options.repository.replace("{", "%7B").replace("}", "%7D");
    this.http = new Http(options, Http.Auth.BASIC_OR_BEARER);
    this.pages = new Pages(http, options.base);
    this.comments =
        new Comments(
            http,
            new Comments.Form("/content/raw", "/user/uuid", "/uuid", "PUT", 32_000, false),
            options.account);
  }

  @Override
  public void setStatus(CommitStatus status) throws IOException, InterruptedException {
    String link =
        status.link() == null
            ? "https://bitbucket.org/" + name + "/commits/" + status.commit() // it wants one
            : status.link().toString();
    http.send(
        "POST",
        repository + "/commit/" + status.commit() + "/statuses/build",
        Json.object()
            .put("key", key(status.context()))
            .put("name", status.context())
            .put(
                "state",
                switch (status.state()) {
                  case PENDING -> "INPROGRESS";
                  case SUCCESS -> "SUCCESSFUL";
                  case FAILURE -> "FAILED";
                })
            .put("description", status.description())
            .put("url", link));
  }

  private static String key(String context) {
    if (context.length() <= LONGEST_KEY) {
      return context;
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(context.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, LONGEST_KEY);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  @Override
  public void comment(long pullRequest, String key, String markdown)
      throws IOException, InterruptedException {
    String all = repository + "/pullrequests/" + pullRequest + "/comments";
    List<JsonNode> existing =
        pages.embedded(all + "?pagelen=100").stream()
            .filter(comment -> !comment.at("/deleted").asBoolean(false))
            .toList();
    comments.put(existing, all, all, key, markdown);
  }

  @Override
  public List<MergedPullRequest> mergedBy(String commit) throws IOException, InterruptedException {
    List<MergedPullRequest> merged = new ArrayList<>();
    String associated = repository + "/commit/" + commit + "/pullrequests?pagelen=50";
    for (JsonNode found : pages.embedded(associated)) {
      long number = Long.parseLong(Json.required(found, "/id"));
      JsonNode pull = http.get(repository + "/pullrequests/" + number).body();
      if (Json.text(pull, "/state").equals("MERGED")) {
        String head = full(Json.required(pull, "/source/commit/hash"));
        merged.add(
            new MergedPullRequest(
                number,
                Json.required(pull, "/destination/branch/name"),
                Json.text(pull, "/author/uuid"),
                head,
                full(Json.required(pull, "/merge_commit/hash")),
                approvals(pull, number, head)));
      }
    }
    return merged;
  }

  /** Bitbucket shortens ids. A commit of a fork may be in this repository no more. */
  private String full(String hash) throws IOException, InterruptedException {
    if (!hash.matches("[0-9a-f]{7,64}")) {
      throw new IOException("The answer has a commit that is none");
    }
    try {
      String full = Json.required(http.get(repository + "/commit/" + hash).body(), "/hash");
      return full.startsWith(hash) ? full : hash;
    } catch (ProviderException e) {
      if (e.status() != NOT_FOUND) {
        throw e;
      }
      return hash;
    }
  }

  /** Who has approved stands with the pull request; when, and what it was then, in its history. */
  private List<Approval> approvals(JsonNode pull, long number, String head)
      throws IOException, InterruptedException {
    List<JsonNode> history =
        pages.embedded(repository + "/pullrequests/" + number + "/activity?pagelen=50");
    List<Approval> standing = new ArrayList<>();
    for (JsonNode participant : pull.at("/participants")) {
      String account = Json.text(participant, "/user/uuid");
      if (participant.at("/approved").asBoolean(false) && !account.isEmpty()) {
        standing.add(new Approval(account, approved(account, history, head)));
      }
    }
    return standing;
  }

  private static String approved(String account, List<JsonNode> history, String head) {
    Instant at = Instant.MIN;
    for (JsonNode entry : history) {
      Instant date = GitLab.instant(Json.text(entry, "/approval/date"));
      if (date != null
          && date.isAfter(at)
          && Json.text(entry, "/approval/user/uuid").equals(account)) {
        at = date;
      }
    }
    String then = "";
    Instant newest = Instant.MIN;
    for (JsonNode entry : history) {
      Instant date = GitLab.instant(Json.text(entry, "/update/date"));
      String hash = Json.text(entry, "/update/source/commit/hash");
      if (date != null && date.isBefore(at) && !date.isBefore(newest) && !hash.isEmpty()) {
        newest = date;
        then = hash;
      }
    }
    return !then.isEmpty() && head.startsWith(then) ? head : then;
  }
}
