// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.quickstart;

/** A configuration file; its name is the resource's. */
public record ConfigFile(String content) {}
