// SPDX-License-Identifier: Apache-2.0
/**
 * Plans and reports for people (text, Markdown) and programs (JSON). Whatever stands in an id, a
 * message or a value is written such that it can't act on the reader's terminal, page or parser.
 */
@NullMarked
package dev.gitops.core.report;

import org.jspecify.annotations.NullMarked;
