// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Origin;
import java.io.IOException;

/**
 * A file can't be changed as asked without a person's judgement: the resource is not there, or the
 * place is ambiguous (an alias, a merge key, a list of resources). The message says where and what
 * to do; nothing was changed.
 */
public final class ManifestEditException extends IOException {
  private static final long serialVersionUID = 1;

  ManifestEditException(Origin origin, String message) {
    super(origin.toString().isEmpty() ? message : origin + ": " + message);
  }
}
