// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

/**
 * What a parsed YAML or JSON document declares: {@link #gitops()}, or another system's shape, such
 * as a Kubernetes object. Pure: the same document always declares the same. Called concurrently.
 */
public interface DocumentShape {
  /**
   * Says what a document declares ({@link ParsedDocument#declare}) and all that is wrong in it
   * ({@link ParsedDocument#wrong}, {@link ParsedDocument#unsure}); one that says nothing at all is
   * taken as declaring nothing, on purpose.
   */
  void read(ParsedDocument document);

  /**
   * Names this shape, the same after a restart: part of what decides which resources a source can
   * declare. The name of the class, unless overridden.
   *
   * @throws UnsupportedOperationException for a lambda, whose class has no name that lasts
   */
  default String identity() {
    if (getClass().isHidden()) {
      throw new UnsupportedOperationException("A shape that is a lambda has no lasting identity");
    }
    return getClass().getName();
  }

  /**
   * This library's own shape: {@code kind}, {@code metadata}, {@code spec}, and optionally {@code
   * apiVersion: gitops.dev/v1}.
   *
   * <pre>{@code
   * kind: Topic
   * metadata:
   *   name: orders                # required, text
   *   scope: shop                 # namespace, database, zone; none by default
   *   labels: {team: shop}        # texts
   *   dependsOn: [Quota/shop]     # Kind/name or Kind/scope/name
   *   wave: 0                     # whole number, may be negative
   *   phase: sync                 # pre-sync, sync, post-sync, sync-fail
   *   onRemoval: delete           # delete, keep, orphan
   *   onChange: update            # update, ignore, replace
   *   timeout: 30s                # 500ms, 30s, 5m, 1h, 1h30m or ISO 8601 (PT30S); at most a day
   * spec: {partitions: 12}        # an object; may be missing
   * }</pre>
   *
   * <p>Any other key beside these is an error, as is a key without a value, except for {@code
   * spec}.
   */
  static DocumentShape gitops() {
    return GitopsShape.INSTANCE;
  }
}
