// SPDX-License-Identifier: Apache-2.0
/** Git as the place where declared state is kept. */
module dev.gitops.git {
  requires transitive dev.gitops.core;
  requires static transitive org.jspecify;
  requires org.eclipse.jgit;
  requires org.slf4j;
  requires static org.bouncycastle.pg;

  exports dev.gitops.git;
}
