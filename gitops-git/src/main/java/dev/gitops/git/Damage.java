// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.nio.file.NoSuchFileException;
import java.util.zip.DataFormatException;
import java.util.zip.ZipException;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.errors.CorruptPackIndexException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.errors.PackInvalidException;
import org.eclipse.jgit.errors.PackMismatchException;
import org.jspecify.annotations.Nullable;

/** Tells a clone that can't be read from a remote that can't be reached. */
final class Damage {
  private Damage() {}

  /** The same, of a conversation with a remote, which may also just have been cut short. */
  static boolean inConversation(Throwable failure) {
    int depth = 0;
    for (Throwable t = failure; t != null && depth++ < 10; t = t.getCause()) {
      if (t instanceof EOFException) {
        return false;
      }
    }
    return causes(failure);
  }

  /** Whether objects on this machine are missing or broken. */
  static boolean causes(@Nullable Throwable failure) {
    int depth = 0;
    for (Throwable t = failure; t != null && depth++ < 10; t = t.getCause()) {
      if (t instanceof MissingObjectException
          || t instanceof CorruptObjectException
          || t instanceof CorruptPackIndexException
          || t instanceof PackInvalidException
          || t instanceof PackMismatchException
          || t instanceof EOFException
          || t instanceof FileNotFoundException
          || t instanceof NoSuchFileException
          || t instanceof ZipException
          || t instanceof DataFormatException) {
        return true;
      }
    }
    return false;
  }
}
