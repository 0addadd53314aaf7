// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Tree;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What speaks for a live resource being ours when the inventory alone does not tell: after an
 * interrupted creation or deletion.
 */
final class Evidence {
  private final Settings settings;
  private final Ledger ledger;

  Evidence(Settings settings, Ledger ledger) {
    this.settings = settings;
    this.ledger = ledger;
  }

  /**
   * Whether the live resource itself says that it belongs to us; what a person has released may
   * carry our mark still.
   */
  boolean marked(Observed<?> live) {
    return settings.name().equals(live.ownerMark())
        && ledger.control("released/" + live.id()) == null;
  }

  /** Whether it is what we last tried to delete, and nothing that somebody created since. */
  <T> boolean survivor(Route<T> route, Owned owned, Observed<T> live) {
    boolean sameHandle = owned.handle() != null && owned.handle().equals(live.handle());
    return owned.doomed() != null
        && (sameHandle || owned.doomed().equals(fingerprint(ledger, route, live)));
  }

  /** A declaration as it is remembered when applied: as it is compared, its secrets as digests. */
  static <T> Tree sealed(Ledger ledger, Declared<T> declared) {
    Kind<T> kind = declared.route().kind();
    return ledger.sealer().seal(kind, declared.id(), kind.comparable(declared.resource().spec()));
  }

  /** Whether what is there is certainly not what we know. */
  static boolean another(Owned owned, Observed<?> live) {
    return owned.handle() != null && live.handle() != null && !owned.handle().equals(live.handle());
  }

  /** Whether what is declared is what was last applied. */
  boolean asApplied(Declared<?> declared, Owned owned) throws IOException {
    return owned.digest().equals(declared.digest())
        || ledger.applied(declared.id()).filter(sealed(ledger, declared)::equals).isPresent();
  }

  /** What was last applied, its secrets put back as far as they are known. */
  <T> @Nullable Tree applied(Route<T> route, Declared<T> declared, Observed<T> live)
      throws IOException {
    Tree stored = ledger.applied(declared.id()).orElse(null);
    Kind<T> kind = route.kind();
    return stored == null
        ? null
        : ledger
            .sealer()
            .unseal(
                kind,
                declared.id(),
                stored,
                kind.comparable(live.value()),
                kind.comparable(declared.resource().spec()));
  }

  <T> boolean asIntended(Route<T> route, Tree intended, Observed<T> live) {
    Tree sealed =
        ledger.sealer().seal(route.kind(), live.id(), route.kind().comparable(live.value()));
    return covers(sealed.value(), intended.value());
  }

  private static boolean covers(@Nullable Object live, @Nullable Object declared) {
    if (declared instanceof Map<?, ?> wanted) {
      return live instanceof Map<?, ?> there
          && wanted.entrySet().stream().allMatch(e -> covers(there.get(e.getKey()), e.getValue()));
    }
    return declared == null || declared.equals(live);
  }

  /**
   * What live looks like, for comparing it with itself later; keyed, so that it gives no secret
   * away.
   */
  static <T> String fingerprint(Ledger ledger, Route<T> route, Observed<T> live) {
    Tree value = route.kind().tree(live.value());
    return ledger.sealer().digest("live", live.id(), value, String.valueOf(live.version()));
  }
}
