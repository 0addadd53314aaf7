// SPDX-License-Identifier: Apache-2.0
/** Git as the place where declared state is kept. */
module dev.gitops.git {
  requires transitive dev.gitops.core;
  requires transitive java.net.http;
  requires static transitive jdk.httpserver;
  requires static transitive org.jspecify;
  requires org.eclipse.jgit;
  requires org.semver4j;
  requires org.slf4j;
  requires static org.bouncycastle.pg;
  requires static org.apache.sshd.osgi;
  requires static org.eclipse.jgit.ssh.apache;

  exports dev.gitops.git;
  exports dev.gitops.git.provider;
}
