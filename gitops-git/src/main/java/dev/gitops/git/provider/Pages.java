// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Lists that come page by page: read to their end, or not at all. */
final class Pages {
  static final int MOST = 50;
  private static final Pattern NEXT = Pattern.compile("<([^<>]+)>[^,<>]*;\\s*rel=\"?next\"?");

  private final Http http;
  private final String base;

  Pages(Http http, String base) {
    this.http = http;
    this.base = base;
  }

  /** A list whose next page is named in the {@code Link} header. */
  List<JsonNode> linked(String path) throws IOException, InterruptedException {
    return all(path, "", answer -> next(answer.headers()));
  }

  /** A list in the field {@code values}, whose next page is named in the field {@code next}. */
  List<JsonNode> embedded(String path) throws IOException, InterruptedException {
    return all(path, "/values", answer -> Json.text(answer.body(), "/next"));
  }

  private interface Next {
    String of(Http.Answer answer);
  }

  private List<JsonNode> all(String path, String list, Next next)
      throws IOException, InterruptedException {
    List<JsonNode> all = new ArrayList<>();
    String at = path;
    for (int page = 0; page < MOST; page++) {
      Http.Answer answer = http.get(at);
      JsonNode items = answer.body().at(list);
      if (!items.isArray()) {
        throw new IOException("The answer to GET " + path + " is no list");
      }
      items.forEach(all::add);
      String url = next.of(answer);
      if (url.isEmpty()) {
        return all;
      }
      at = within(url, path);
    }
    throw new IOException("GET %s has more than %d pages; they are not read".formatted(path, MOST));
  }

  /** The token goes to no other place, whatever the answer says. */
  private String within(String url, String path) throws IOException {
    String here = URI.create(base).getRawPath();
    try {
      URI next = new URI(url);
      URI root = URI.create(base);
      boolean same =
          next.getHost() == null
              || (root.getScheme().equalsIgnoreCase(next.getScheme())
                  && root.getHost().equalsIgnoreCase(next.getHost())
                  && root.getPort() == next.getPort());
      String raw = next.getRawPath() == null ? "" : next.getRawPath();
      if (same && raw.startsWith(here + "/")) {
        String query = next.getRawQuery();
        return raw.substring(here.length()) + (query == null ? "" : "?" + query);
      }
    } catch (URISyntaxException e) {
      throw new IOException("The answer to GET " + path + " names a next page that is no URL");
    }
    throw new IOException(
        "The answer to GET " + path + " names a next page elsewhere; it is not followed");
  }

  private static String next(HttpHeaders headers) {
    for (String link : headers.allValues("Link")) {
      Matcher next = NEXT.matcher(link.length() > 10_000 ? "" : link);
      if (next.find()) {
        return next.group(1);
      }
    }
    return "";
  }
}
