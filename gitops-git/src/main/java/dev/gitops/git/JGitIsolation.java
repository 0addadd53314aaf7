// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.util.concurrent.TimeUnit;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.ConfigConstants;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;
import org.jspecify.annotations.Nullable;

/**
 * Keeps JGit away from the machine's own Git configuration, in the whole JVM. Without it, JGit runs
 * {@code git} to find the system's configuration, reads the user's (and fails when that is broken),
 * writes what it has measured of the file system into the user's configuration directory, and its
 * first use waits some seconds for this measurement. None of that changes what a {@link
 * GitStateSource} reads.
 */
public final class JGitIsolation {
  private JGitIsolation() {}

  /**
   * From now on JGit neither reads nor writes a configuration outside of repositories, and takes
   * every file system for one that keeps times only to two seconds, instead of measuring. A matter
   * of the whole JVM, for whatever else uses JGit there: so it is never done unless asked for, by
   * the program rather than by a library, before JGit is first used. Idempotent; can't be undone.
   */
  public static synchronized void enable() {
    if (!(SystemReader.getInstance() instanceof Isolated)) {
      SystemReader.setInstance(new Isolated(SystemReader.getInstance()));
    }
  }

  private static final class Isolated extends SystemReader.Delegate {
    private final FileBasedConfig nothing = new Nothing(null, FS.DETECTED);
    private final FileBasedConfig coarse = new Coarse();

    Isolated(SystemReader machine) {
      super(machine);
    }

    @Override
    public FileBasedConfig openSystemConfig(Config parent, FS fs) {
      return new Nothing(parent, fs);
    }

    @Override
    public FileBasedConfig openUserConfig(Config parent, FS fs) {
      return new Nothing(parent, fs);
    }

    @Override
    public FileBasedConfig openJGitConfig(Config parent, FS fs) {
      return coarse;
    }

    @Override
    public StoredConfig getSystemConfig() {
      return nothing;
    }

    @Override
    public StoredConfig getUserConfig() {
      return nothing;
    }

    @Override
    public StoredConfig getJGitConfig() {
      return coarse;
    }
  }

  /** A configuration that is in no file. */
  private static class Nothing extends FileBasedConfig {
    Nothing(@Nullable Config parent, FS fs) {
      super(parent, null, fs);
    }

    @Override
    public void load() {}

    @Override
    public void save() {}

    @Override
    public boolean isOutdated() {
      return false;
    }
  }

  /** JGit's own configuration, in which it looks for what it measured of file systems. */
  private static final class Coarse extends Nothing {
    private static final long SECONDS = 2;

    Coarse() {
      super(null, FS.DETECTED);
    }

    @Override
    public long getTimeUnit(
        String section, String subsection, String name, long defaultValue, TimeUnit unit) {
      return section.equals(ConfigConstants.CONFIG_FILESYSTEM_SECTION)
          ? unit.convert(SECONDS, TimeUnit.SECONDS)
          : super.getTimeUnit(section, subsection, name, defaultValue, unit);
    }
  }
}
