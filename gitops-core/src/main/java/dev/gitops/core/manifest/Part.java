// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** What was read of a file or directory, or is still being decoded. For one thread. */
final class Part {
  /** Where nothing is declared. */
  static final Part NONE = of(Declarations.NONE);

  private @Nullable Declarations done;
  private @Nullable FutureTask<Declarations> task;
  private List<Part> parts = List.of();

  private Part() {}

  static Part of(Declarations declarations) {
    Part part = new Part();
    part.done = declarations;
    return part;
  }

  static Part of(FutureTask<Declarations> task) {
    Part part = new Part();
    part.task = task;
    return part;
  }

  /** These, in this order. */
  static Part of(List<Part> parts) {
    if (parts.isEmpty()) {
      return NONE;
    }
    Part part = new Part();
    part.parts = parts;
    return part;
  }

  /** The declarations; decodes here what no other thread has begun to. */
  Declarations get() throws IOException {
    Declarations known = done;
    if (known == null) {
      FutureTask<Declarations> waited = task;
      known = waited == null ? concat() : result(waited);
      done = known;
      task = null;
      parts = List.of();
    }
    return known;
  }

  private Declarations concat() throws IOException {
    List<Declarations> all = new ArrayList<>(parts.size());
    for (Part part : parts) {
      all.add(part.get());
    }
    return Declarations.concat(all);
  }

  /** Runs a task unless another thread does, and waits for it. */
  static Declarations result(FutureTask<Declarations> task) throws IOException {
    try {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      task.run();
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted while manifests were decoded");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException("A manifest could not be decoded", e.getCause());
    }
  }
}
