// SPDX-License-Identifier: Apache-2.0
/** Git as the place where declared state is kept. */
module dev.gitops.git {
  requires transitive dev.gitops.core;
  requires transitive java.net.http;
  requires static transitive jdk.httpserver;
  requires static transitive org.jspecify;
  requires org.eclipse.jgit;
  requires org.slf4j;

  exports dev.gitops.git;
  exports dev.gitops.git.provider;
}
