// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Replaces secrets by keyed digests (HMAC-SHA256), so that it can be told whether one has changed,
 * but not, without the key, what it is. The digest of a secret depends on its resource and field:
 * that two resources share a password can't be seen. References ({@link SecretRef}) are no secrets
 * and stay. Immutable and thread-safe.
 *
 * <p>Two forms: <em>masked</em> for people, {@code (secret 3f9a12)}; <em>sealed</em> for the store,
 * in full length, which {@link #unseal} can match with values.
 */
public final class Sealer {
  private static final int KEY_BYTES = 32;
  private static final int HEX = 32;
  private static final int SHOWN = 6;
  private static final String SEALED = "gitops:sealed:";

  private final SecretKeySpec key;

  /** Keyed once: copying it costs far less than looking up the algorithm for every digest. */
  private final Mac keyed;

  /**
   * With a key that never leaves the reconciler's store.
   *
   * @throws IllegalArgumentException unless the key has 32 bytes
   */
  public Sealer(byte[] key) {
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException(
          "A sealing key has " + KEY_BYTES + " bytes, not " + key.length);
    }
    this.key = new SecretKeySpec(key, "HmacSHA256");
    this.keyed = keyed();
  }

  private Mac keyed() {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform has HmacSHA256", e);
    }
  }

  /**
   * The keyed digest of what these parts say together, as 32 hexadecimal digits. Parts are texts,
   * numbers, booleans, null, trees, ids, enums, field changes (but for their cause), and lists and
   * maps of them; two calls agree only if their parts are equal, one by one.
   */
  public String digest(@Nullable Object... parts) {
    List<@Nullable Object> plain = new ArrayList<>(parts.length);
    for (Object part : parts) {
      plain.add(plain(part));
    }
    return hmac(Json.canonical(plain));
  }

  /** The tree with a marker in place of every secret of this kind. */
  public Tree mask(Kind<?> kind, ResourceId id, Tree value) {
    return Tree.of(replace(kind, id, "", value.value(), this::masked));
  }

  /**
   * The change with a marker in place of every secret at, above or below its field. What stands, or
   * stood, where a reference is declared is secret, whatever the kind says.
   */
  public FieldChange mask(Kind<?> kind, ResourceId id, FieldChange change) {
    boolean referred =
        (change.to() != null && SecretRef.isReference(change.to().value()))
            || (change.from() != null && SecretRef.isReference(change.from().value()));
    if (!referred && !kind.hasSecret(change.pointer())) {
      return change;
    }
    return new FieldChange(
        change.pointer(),
        mask(kind, id, change.pointer(), change.from(), referred),
        mask(kind, id, change.pointer(), change.to(), referred),
        change.cause());
  }

  /** The tree as it may be stored: with a digest in place of every secret of this kind. */
  public Tree seal(Kind<?> kind, ResourceId id, Tree value) {
    return Tree.of(replace(kind, id, "", value.value(), this::sealed));
  }

  /**
   * The sealed tree with the secrets put back that are known: a digest becomes the value that
   * stands in the same place of one of these trees, if it is the digest of that value; any other
   * digest stays. So a differ can compare what was last applied with what is live and declared.
   */
  public Tree unseal(Kind<?> kind, ResourceId id, Tree sealed, Tree live, Tree desired) {
    Map<String, Object> known = new LinkedHashMap<>();
    Replacement remember =
        (resource, pointer, value) -> {
          known.put(sealed(resource, pointer, value), value);
          return value;
        };
    replace(kind, id, "", live.value(), remember);
    replace(kind, id, "", desired.value(), remember);
    return Tree.of(
        replace(
            kind,
            id,
            "",
            sealed.value(),
            (resource, at, value) -> known.getOrDefault(value, value)));
  }

  /** What takes the place of a secret. */
  private interface Replacement {
    Object of(ResourceId id, String pointer, Object secret);
  }

  private @Nullable Tree mask(
      Kind<?> kind, ResourceId id, String pointer, @Nullable Tree value, boolean whole) {
    if (value == null) {
      return null;
    }
    Object plain = value.value();
    if (whole && plain != null && !SecretRef.isReference(plain)) {
      return Tree.of(masked(id, pointer, plain));
    }
    return Tree.of(replace(kind, id, pointer, plain, this::masked));
  }

  private String masked(ResourceId id, String pointer, Object secret) {
    return "(secret " + hmac(id, pointer, secret).substring(0, SHOWN) + ")";
  }

  private String sealed(ResourceId id, String pointer, Object secret) {
    return SEALED + hmac(id, pointer, secret);
  }

  private static @Nullable Object replace(
      Kind<?> kind, ResourceId id, String pointer, @Nullable Object value, Replacement with) {
    if (value == null || SecretRef.isReference(value) || !kind.hasSecret(pointer)) {
      return value;
    } else if (kind.isSecret(pointer)) {
      return with.of(id, pointer, value);
    } else if (value instanceof Map<?, ?> map) {
      Map<Object, @Nullable Object> fields = new LinkedHashMap<>(map.size() * 4 / 3 + 1);
      map.forEach(
          (name, field) ->
              fields.put(
                  name,
                  replace(kind, id, Pointer.child(pointer, String.valueOf(name)), field, with)));
      return fields;
    } else if (value instanceof List<?> list) {
      List<@Nullable Object> items = new ArrayList<>(list.size());
      for (int i = 0; i < list.size(); i++) {
        String item = item(kind, pointer, i, list.get(i));
        items.add(replace(kind, id, item, list.get(i), with));
      }
      return items;
    }
    return value;
  }

  private static String item(Kind<?> kind, String pointer, int index, @Nullable Object item) {
    String key = kind.listKey(pointer).orElse(null);
    Object name = key != null && item instanceof Map<?, ?> map ? map.get(key) : null;
    return name == null ? pointer + "/" + index : Pointer.child(pointer, key + "=" + name);
  }

  private static @Nullable Object plain(@Nullable Object part) {
    if (part instanceof FieldChange change) {
      // Not its cause: that depends on what the store remembers, and a preview has another store.
      return List.of(change.pointer(), optional(change.from()), optional(change.to()));
    } else if (part instanceof ResourceId || part instanceof Enum) {
      return part.toString();
    } else if (part instanceof Collection<?> items) {
      List<@Nullable Object> plain = new ArrayList<>(items.size());
      items.forEach(item -> plain.add(plain(item)));
      return plain;
    } else if (part instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> plain = new LinkedHashMap<>();
      map.forEach((name, value) -> plain.put(String.valueOf(name), plain(value)));
      return plain;
    }
    return Tree.of(part).value();
  }

  private static List<@Nullable Object> optional(@Nullable Tree tree) {
    List<@Nullable Object> none = new ArrayList<>();
    if (tree != null) {
      none.add(tree.value());
    }
    return none;
  }

  private String hmac(ResourceId id, String pointer, Object secret) {
    return digest("secret", id, pointer, secret);
  }

  private String hmac(String text) {
    Mac mac;
    try {
      mac = (Mac) keyed.clone();
    } catch (CloneNotSupportedException e) {
      mac = keyed(); // a security provider's own, as in hardware
    }
    byte[] digest = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest).substring(0, HEX);
  }
}
