// SPDX-License-Identifier: Apache-2.0
/** Reconciles live state with declared state, whatever holds the one and the other. */
module dev.gitops.core {
  requires static transitive org.jspecify;
  requires org.slf4j;
  requires org.snakeyaml.engine;
  requires static transitive java.sql;
  requires transitive tools.jackson.databind;

  exports dev.gitops.core;
  exports dev.gitops.core.manifest;
  exports dev.gitops.core.model;
  exports dev.gitops.core.policy;
  exports dev.gitops.core.report;
  exports dev.gitops.core.spi;
  exports dev.gitops.core.store;
}
