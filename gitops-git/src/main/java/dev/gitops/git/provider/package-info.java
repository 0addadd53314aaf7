// SPDX-License-Identifier: Apache-2.0
/**
 * The services that host Git repositories, as far as a reconciler deals with them: their webhooks
 * trigger it, commit statuses and comments tell what it did or would do, and reviews decide whether
 * a commit may be used. GitHub, GitLab, Gitea and Forgejo, and Bitbucket Cloud.
 */
@NullMarked
package dev.gitops.git.provider;

import org.jspecify.annotations.NullMarked;
