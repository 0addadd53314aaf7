// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;

/** A command on the other side whose output ends in time. */
final class BoundProcess extends Process {
  private final Process process;
  private final InputStream output;

  BoundProcess(Process process, Deadline deadline) {
    this.process = process;
    this.output = deadline.bound(process.getInputStream());
  }

  @Override
  public InputStream getInputStream() {
    return output;
  }

  @Override
  public OutputStream getOutputStream() {
    return process.getOutputStream();
  }

  @Override
  public InputStream getErrorStream() {
    return process.getErrorStream();
  }

  @Override
  public int waitFor() throws InterruptedException {
    return process.waitFor();
  }

  @Override
  public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
    return process.waitFor(timeout, unit);
  }

  @Override
  public int exitValue() {
    return process.exitValue();
  }

  @Override
  public void destroy() {
    process.destroy();
  }
}
