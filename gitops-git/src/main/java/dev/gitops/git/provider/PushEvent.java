// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Where in a webhook a service says what it is about. Header names are in lower case. */
enum PushEvent {
  GITHUB("x-github-event", "push", "ping") {
    @Override
    String repository(JsonNode payload) {
      return Json.text(payload, "/repository/full_name");
    }
  },

  GITLAB("x-gitlab-event", "Push Hook|Tag Push Hook|System Hook", "") {
    @Override
    String repository(JsonNode payload) {
      return Json.text(payload, "/project/path_with_namespace");
    }
  },

  GITEA("x-gitea-event", "push", "") {
    @Override
    String repository(JsonNode payload) {
      return Json.text(payload, "/repository/full_name");
    }
  },

  BITBUCKET("x-event-key", "repo:push", "") {
    @Override
    String repository(JsonNode payload) {
      return Json.text(payload, "/repository/full_name");
    }

    @Override
    List<String> refs(JsonNode payload) throws IOException {
      List<String> refs = new ArrayList<>();
      for (JsonNode change : changes(payload.at("/push/changes"))) {
        JsonNode ref = change.at("/new").isObject() ? change.at("/new") : change.at("/old");
        boolean tag = Json.text(ref, "/type").equals("tag");
        refs.add((tag ? "refs/tags/" : "refs/heads/") + Json.text(ref, "/name"));
      }
      return refs;
    }
  },

  BITBUCKET_DATA_CENTER("x-event-key", "repo:refs_changed", "diagnostics:ping") {
    @Override
    String repository(JsonNode payload) {
      return Json.text(payload, "/repository/project/key")
          + "/"
          + Json.text(payload, "/repository/slug");
    }

    @Override
    List<String> refs(JsonNode payload) throws IOException {
      List<String> refs = new ArrayList<>();
      for (JsonNode change : changes(payload.at("/changes"))) {
        refs.add(Json.text(change, "/ref/id"));
      }
      return refs;
    }
  };

  private static final int MOST_CHANGES = 1_000;

  private final String header;
  private final String pushes;
  private final String ping;

  PushEvent(String header, String pushes, String ping) {
    this.header = header;
    this.pushes = pushes;
    this.ping = ping;
  }

  /** The name of the repository; empty if there is none. */
  abstract String repository(JsonNode payload);

  /** The refs that were pushed. */
  List<String> refs(JsonNode payload) throws IOException {
    return List.of(Json.text(payload, "/ref"));
  }

  boolean isPush(Map<String, String> headers) {
    return headers.getOrDefault(header, "").matches(pushes);
  }

  boolean isPing(Map<String, String> headers) {
    return headers.getOrDefault(header, "-").equals(ping);
  }

  private static JsonNode changes(JsonNode list) throws IOException {
    if (!list.isArray() || list.size() > MOST_CHANGES) {
      throw new IOException("it has no changes, or too many");
    }
    return list;
  }
}
