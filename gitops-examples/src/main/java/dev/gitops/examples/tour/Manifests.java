// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files that the tour's people commit. */
final class Manifests {
  static final String DIRECTORY = "access/";
  static final String REPORTING = DIRECTORY + "roles/reporting.yaml";
  static final String REPORTING_IN_BILLING = DIRECTORY + "grants/billing-reporting.yaml";

  private Manifests() {}

  /** Three roles, two schemas, two grants. */
  static Map<String, @Nullable String> first() {
    Map<String, @Nullable String> files = new LinkedHashMap<>();
    files.put(
        DIRECTORY + "roles/shop_owner.yaml",
        """
        kind: Role
        metadata: {name: shop_owner}
        spec:
          login: false
        """);
    files.put(
        DIRECTORY + "roles/shop_app.yaml",
        """
        kind: Role
        metadata: {name: shop_app}
        spec:
          login: true
          connectionLimit: 20
          password: {secretRef: "tour:shop_app"}
        """);
    files.put(REPORTING, reporting("5"));
    files.put(DIRECTORY + "schemas/shop.yaml", schema("shop"));
    files.put(DIRECTORY + "schemas/billing.yaml", schema("billing"));
    files.put(DIRECTORY + "grants/shop-shop_app.yaml", grant("shop", "shop_app", "USAGE, CREATE"));
    files.put(DIRECTORY + "grants/shop-reporting.yaml", grant("shop", "reporting", "USAGE"));
    return files;
  }

  /** The role that the story is about. */
  static String reporting(String connectionLimit) {
    return """
    kind: Role
    metadata: {name: reporting}
    spec:
      login: true
      connectionLimit: %s
    """
        .formatted(connectionLimit);
  }

  static String grant(String schema, String role, String privileges) {
    return """
    kind: Grant
    metadata: {scope: %s, name: %s}
    spec:
      privileges: [%s]
    """
        .formatted(schema, role, privileges);
  }

  private static String schema(String name) {
    return """
    kind: Schema
    metadata: {name: %s}
    spec:
      owner: shop_owner
    """
        .formatted(name);
  }
}
