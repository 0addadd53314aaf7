// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.Kind;
import dev.gitops.core.model.SecretRef;
import dev.gitops.core.model.Tree;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the simulated resources are made of.
 *
 * @param color declared always
 * @param size declared sometimes
 * @param token a secret in clear
 * @param password a secret by reference
 */
record Thing(
    @Nullable String color,
    @Nullable Integer size,
    @Nullable String token,
    @Nullable SecretRef password) {
  /** Part of every secret: must never be found anywhere but in the target. */
  static final String MARKER = "hunter2";

  /** What an embedder's kind is; another release of it takes the size for secret, too. */
  static Kind<Thing> kind(String name, boolean upgraded) {
    Kind<Thing> kind = Kind.of(name, Thing.class).secret("/token").normalize(Thing::lowerCase);
    return upgraded ? kind.secret("/size") : kind;
  }

  static Tree spec(int color, int size, int token) {
    Map<String, Object> fields = new HashMap<>();
    fields.put("color", "c" + color);
    if (size > 0) {
      fields.put("size", size);
    }
    if (token > 0) {
      fields.put("token", MARKER + token);
      fields.put("password", Map.of("secretRef", "vault:" + token));
    }
    return Tree.of(fields);
  }

  static Thing of(Tree spec) {
    Map<String, @Nullable Object> fields = spec.fields();
    Long size = (Long) fields.get("size");
    Object password = fields.get("password");
    return new Thing(
        (String) fields.get("color"),
        size == null ? null : size.intValue(),
        (String) fields.get("token"),
        password instanceof Map<?, ?> map ? new SecretRef((String) map.get("secretRef")) : null);
  }

  /** An update that leaves alone what it does not say. */
  static Thing merge(Thing live, Thing desired, Set<String> removed) {
    return new Thing(
        desired.color == null && !removed.contains("/color") ? live.color : desired.color,
        desired.size == null && !removed.contains("/size") ? live.size : desired.size,
        desired.token == null && !removed.contains("/token") ? live.token : desired.token,
        desired.password == null
                && !removed.contains("/password")
                && !removed.contains("/password/secretRef")
            ? live.password
            : desired.password);
  }

  /** What a system that normalises stores. */
  Thing upperCase() {
    return new Thing(color == null ? null : color.toUpperCase(Locale.ROOT), size, token, password);
  }

  /** Whether the declared fields of {@code desired} are so here. */
  boolean satisfies(Thing desired) {
    return (desired.color == null || desired.color.equalsIgnoreCase(color))
        && (desired.size == null || desired.size.equals(size))
        && (desired.token == null || desired.token.equals(token))
        && (desired.password == null || desired.password.equals(password));
  }

  /** Whether all that is to be changed in {@code live} to get here is to be as it was before. */
  boolean restores(Thing before, @Nullable Thing live) {
    Thing there = live == null ? new Thing(null, null, null, null) : live;
    return restores(color, before.color, there.color)
        && restores(size, before.size, there.size)
        && restores(token, before.token, there.token)
        && restores(password, before.password, there.password);
  }

  private static boolean restores(
      @Nullable Object desired, @Nullable Object before, @Nullable Object live) {
    return same(desired, before) || (desired == null ? live == null : same(desired, live));
  }

  private static boolean same(@Nullable Object one, @Nullable Object other) {
    return one instanceof String text
        ? other instanceof String second && text.equalsIgnoreCase(second)
        : Objects.equals(one, other);
  }

  private static Tree lowerCase(Tree tree) {
    Object color = tree.fields().get("color");
    if (!(color instanceof String text) || text.equals(text.toLowerCase(Locale.ROOT))) {
      return tree;
    }
    Map<String, @Nullable Object> fields = new HashMap<>(tree.fields());
    fields.put("color", text.toLowerCase(Locale.ROOT));
    return Tree.of(fields);
  }
}
