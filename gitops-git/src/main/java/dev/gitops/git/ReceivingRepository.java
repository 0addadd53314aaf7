// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import org.eclipse.jgit.errors.TooLargeObjectInPackException;
import org.eclipse.jgit.internal.storage.file.FileRepository;
import org.eclipse.jgit.lib.BaseRepositoryBuilder;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.transport.PackParser;
import org.jspecify.annotations.Nullable;

/**
 * A clone that takes in only what this process has the memory for. JGit makes an array for as many
 * objects as a remote announces, and to put together an object of differences it needs it, and what
 * it differs from, in memory as a whole.
 */
final class ReceivingRepository extends FileRepository {
  /** Two versions of an object, and what leads from the one to the other, leave room for more. */
  private static final int SHARE_OF_OBJECT = 5;

  private static final int BYTES_FOR_EACH_OBJECT = 64;
  private static final int HEADER = 12;
  private static final int COUNT = 8;
  private static final int DEPTH = 10;

  ReceivingRepository(BaseRepositoryBuilder<?, ?> options) throws IOException {
    super(options);
  }

  private static final class TooMuchException extends IOException {
    private static final long serialVersionUID = 1;

    TooMuchException(String message) {
      super(message);
    }
  }

  /** What a remote sends that does not fit, and what to do; null if a fetch failed otherwise. */
  static @Nullable String tooMuch(Throwable failure) {
    int depth = 0;
    for (Throwable t = failure; t != null && depth++ < DEPTH; t = t.getCause()) {
      if (t instanceof TooMuchException) {
        return t.getMessage();
      } else if (t instanceof TooLargeObjectInPackException large) {
        return large.getMessage()
            + " So much is not taken in by a process with so little memory. Take the file out of the"
            + " history, or give the process more (-Xmx)";
      }
    }
    return null;
  }

  @Override
  public ObjectInserter newObjectInserter() {
    ObjectInserter inserter = super.newObjectInserter();
    return new ObjectInserter.Filter() {
      @Override
      protected ObjectInserter delegate() {
        return inserter;
      }

      @Override
      public PackParser newPackParser(InputStream in) throws IOException {
        PackParser parser = super.newPackParser(checked(in));
        parser.setMaxObjectSizeLimit(Runtime.getRuntime().maxMemory() / SHARE_OF_OBJECT);
        return parser;
      }
    };
  }

  private static InputStream checked(InputStream pack) throws IOException {
    byte[] header = new byte[HEADER];
    int length = 0;
    // JGit's stream says 0 for ever where a packet of the remote breaks off.
    for (int n = 1; n > 0 && length < HEADER; length += Math.max(0, n)) {
      n = pack.read(header, length, HEADER - length);
    }
    if (length == HEADER) {
      long objects = Integer.toUnsignedLong(ByteBuffer.wrap(header).getInt(COUNT));
      long most = Runtime.getRuntime().maxMemory() / BYTES_FOR_EACH_OBJECT;
      if (objects > most) {
        throw new TooMuchException(
            "it sends %,d objects; more than %,d do not fit into the memory of this process. Give it"
                    .formatted(objects, most)
                + " more (-Xmx)");
      }
    }
    return new SequenceInputStream(new ByteArrayInputStream(header, 0, length), pack);
  }
}
