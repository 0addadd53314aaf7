// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One comment for each key under a pull request: found by an invisible first line, and only among
 * those of our own account, since anybody can write such a line, and whoever wrote a comment can
 * change it.
 */
final class Comments {
  private final Http http;
  private final Form form;
  private final @Nullable String configured;
  private @Nullable String account;

  /**
   * How a service writes comments.
   *
   * @param text where in a comment its text is, as a JSON Pointer
   * @param author where its author's account is
   * @param self where in the answer to {@code GET /user} our own account is
   * @param update the method that changes a comment
   * @param longest the most characters that it takes
   * @param html whether an HTML comment is invisible
   */
  record Form(String text, String author, String self, String update, int longest, boolean html) {}

  Comments(Http http, Form form, @Nullable String configured) {
    this.http = http;
    this.form = form;
    this.configured = configured;
  }

  /**
   * Writes or rewrites.
   *
   * @param existing all comments
   * @param path where comments are made; a comment is below {@code each} by its id
   */
  void put(List<JsonNode> existing, String path, String each, String key, String markdown)
      throws IOException, InterruptedException {
    String marker = marker(key);
    String text = fit(marker, markdown);
    for (JsonNode comment : existing) {
      String old = Json.text(comment, form.text()).replace("\r\n", "\n");
      if (old.startsWith(marker) && isOurs(comment)) {
        if (!old.equals(text)) {
          http.send(form.update(), each + "/" + Json.required(comment, "/id"), body(text));
        }
        return;
      }
    }
    http.send("POST", path, body(text));
  }

  private String marker(String key) {
    String name = URLEncoder.encode(key, StandardCharsets.UTF_8).replace("-", "%2D");
    return form.html() ? "<!-- gitops:" + name + " -->\n" : "[//]: # (gitops:" + name + ")\n\n";
  }

  private JsonNode body(String text) {
    ObjectNode body = Json.object();
    String[] names = form.text().substring(1).split("/", -1);
    ObjectNode at = body;
    for (int i = 0; i < names.length - 1; i++) {
      at = at.putObject(names[i]);
    }
    at.put(names[names.length - 1], text);
    return body;
  }

  private boolean isOurs(JsonNode comment) throws IOException, InterruptedException {
    String author = Json.text(comment, form.author());
    return !author.isEmpty() && author.equals(account());
  }

  private synchronized String account() throws IOException, InterruptedException {
    String known = configured == null ? account : configured;
    if (known == null) {
      try {
        known = Json.required(http.get("/user").body(), form.self());
      } catch (ProviderException e) {
        if (e.retryable()) {
          throw e;
        }
        throw new IOException(
            "The token can't say whose it is, so our own comments can't be told from others'. Name"
                + " the account: Providers.account(...)",
            e);
      }
      account = known;
    }
    return known;
  }

  /** Cut at the end of a line, with every code block closed, and saying so. */
  private String fit(String marker, String markdown) {
    String text = marker + markdown;
    if (text.length() <= form.longest()) {
      return text;
    }
    int end = text.lastIndexOf('\n', form.longest() - 1_000);
    String kept = text.substring(0, Math.max(end, marker.length() - 1));
    return "%s\n%s\n**Cut here: %,d more characters do not fit into a comment.**\n"
        .formatted(kept, openFence(kept), text.length() - kept.length());
  }

  private static String openFence(String text) {
    String open = "";
    for (String line : text.split("\n", -1)) {
      int run = 0;
      while (run < line.length() && line.charAt(run) == '`') {
        run++;
      }
      if (open.isEmpty() && run >= 3) {
        open = line.substring(0, run);
      } else if (!open.isEmpty() && run >= open.length() && run == line.length()) {
        open = "";
      }
    }
    return open.isEmpty() || open.length() > 500 ? "" : open + "\n";
  }
}
