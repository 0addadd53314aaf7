// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which submodules a source reads, as directories of its own; without it they are unread. Only
 * {@code .gitmodules} and the commits that the repository pins count.
 *
 * <pre>{@code
 * GitStateSource.of(url).submodules(Submodules.atMost(5).from("https://github.com/acme"))
 * }</pre>
 *
 * <p>By default they come from the same scheme, host and port as the repository itself; those of a
 * repository on this machine from beside it. A pinned commit must be one that a branch or tag of
 * the submodule's repository leads to. The repository's credentials go along as far as {@link
 * GitAccess#below} says, over SSH to the same host. Immutable.
 */
public final class Submodules {
  private static final int MOST = 1_000;
  private static final int DEEPEST = 10;

  private final int atMost;
  private final int depth;
  private final List<Place> places;

  private Submodules(int atMost, int depth, List<Place> places) {
    this.atMost = atMost;
    this.depth = depth;
    this.places = List.copyOf(places);
  }

  /** From where submodules may come, too, and as whom they are read. */
  private record Place(GitUrl above, GitAccess access) {}

  /**
   * Those of the repository itself, not those in them.
   *
   * @param count how many one repository may name, 1 to 1,000; of one that names more, none is read
   */
  public static Submodules atMost(int count) {
    if (count < 1 || count > MOST) {
      throw new IllegalArgumentException("1 to 1,000 submodules, not " + count);
    }
    return new Submodules(count, 1, List.of());
  }

  /**
   * Submodules of submodules, too.
   *
   * @param levels 1 to 10, where 1 means only those of the repository itself
   */
  public Submodules depth(int levels) {
    if (levels < 1 || levels > DEEPEST) {
      throw new IllegalArgumentException("1 to 10 levels of submodules, not " + levels);
    }
    return new Submodules(atMost, levels, places);
  }

  /**
   * Lets them come from elsewhere, too, and reads them there anonymously.
   *
   * @param url what they must be or be below: {@code https://github.com/acme}
   * @throws IllegalArgumentException for what is no URL of a repository, or holds credentials
   */
  public Submodules from(String url) {
    return from(url, GitAccess.anonymous());
  }

  /** Lets them come from elsewhere, too, and reads them there as somebody. */
  public Submodules from(String url, GitAccess access) {
    GitUrl above = GitUrl.parse(url);
    if (above.user() != null || above.password() != null) {
      throw new IllegalArgumentException("Give the credentials for " + above + " as an access");
    }
    List<Place> more = new ArrayList<>(places);
    GitAccess there = above.isHttp() && access != GitAccess.NONE ? access.below(url) : access;
    more.add(new Place(above, there));
    return new Submodules(atMost, depth, more);
  }

  int atMost() {
    return atMost;
  }

  int depth() {
    return depth;
  }

  /**
   * As whom a submodule is read.
   *
   * @param parent how the repository that the source follows is reached
   * @return null if it may not come from there
   */
  @Nullable GitAccess access(Route parent, GitUrl url) {
    if (isFile(url) && !isFile(parent.url())) {
      return null;
    }
    for (Place place : places) {
      if (isAbove(place.above, url)) {
        return place.access;
      }
    }
    if (isFile(url)) {
      return isAbove(beside(parent.url()), url) ? GitAccess.NONE : null;
    }
    if (url.isHttp()) {
      if (!parent.url().isHttp()
          || !parent
              .url()
              .isOrigin(url.uri().getScheme(), url.uri().getHost(), url.uri().getPort())) {
        return null;
      }
      GitUrl scope = parent.access().scope();
      return scope != null && scope.isAbove(url) ? parent.access() : GitAccess.NONE;
    }
    return isSameHost(parent.url(), url) ? parent.access() : null;
  }

  private static boolean isFile(GitUrl url) {
    return !url.isHttp() && !url.isSsh();
  }

  private static GitUrl beside(GitUrl url) {
    String path = url.uri().getPath();
    String bare = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return GitUrl.parse(bare.substring(0, bare.lastIndexOf('/') + 1));
  }

  private static boolean isAbove(GitUrl above, GitUrl url) {
    if (above.isHttp() || url.isHttp()) {
      return above.isHttp() && above.isAbove(url);
    }
    boolean sameHost = isFile(above) ? isFile(url) : isSameHost(above, url);
    String path = plain(above.uri().getPath());
    String longer = plain(url.uri().getPath());
    return sameHost && (longer.equals(path) || path.isEmpty() || longer.startsWith(path + "/"));
  }

  private static boolean isSameHost(GitUrl one, GitUrl other) {
    return one.isSsh()
        && other.isSsh()
        && one.uri().getHost().equalsIgnoreCase(other.uri().getHost())
        && port(one) == port(other);
  }

  private static int port(GitUrl ssh) {
    return ssh.uri().getPort() > 0 ? ssh.uri().getPort() : 22;
  }

  private static String plain(String path) {
    int from = path.startsWith("/") ? 1 : 0;
    int to = path.endsWith("/") && path.length() > from ? path.length() - 1 : path.length();
    return path.substring(from, to);
  }
}
