// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.quickstart;

import static java.nio.file.StandardOpenOption.CREATE_NEW;

import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.TerminalException;
import dev.gitops.core.spi.Written;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/** The files of one directory. */
public record ConfigFileTarget(Path directory) implements Target<ConfigFile> {
  @Override
  public Live<ConfigFile> read(ReadScope scope) throws IOException {
    Live.Builder<ConfigFile> live = Live.builder();
    for (ResourceId id : scope.everything() ? everything() : scope.ids()) {
      try {
        find(id).ifPresent(file -> live.found(Observed.of(id, file)));
      } catch (IOException | TerminalException unreadable) {
        live.unknown(id, unreadable); // which is not the same as absent
      }
    }
    return live.build();
  }

  @Override
  public Written create(Resource<ConfigFile> desired) throws IOException {
    try {
      Files.writeString(path(desired.id()), desired.spec().content(), CREATE_NEW);
      return Written.done();
    } catch (FileAlreadyExistsException e) {
      throw new ConflictException(desired.id() + " exists already", e);
    }
  }

  @Override
  public Written update(Observed<ConfigFile> live, Resource<ConfigFile> desired) throws Exception {
    requireUnchanged(live);
    Files.writeString(path(live.id()), desired.spec().content());
    return Written.done();
  }

  @Override
  public void delete(Observed<ConfigFile> live) throws IOException {
    if (find(live.id()).isPresent()) {
      requireUnchanged(live);
      Files.deleteIfExists(path(live.id()));
    }
  }

  private void requireUnchanged(Observed<ConfigFile> live) throws IOException {
    if (!find(live.id()).equals(Optional.of(live.value()))) {
      throw new ConflictException(live.id() + " is no longer what it was");
    }
  }

  private Optional<ConfigFile> find(ResourceId id) throws IOException {
    try {
      return Optional.of(new ConfigFile(Files.readString(path(id))));
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    }
  }

  private Path path(ResourceId id) {
    if (!id.name().matches("\\w[\\w.-]*")) { // from Git: must not lead out of the directory
      throw new TerminalException(id + " is no file name: use letters, digits, '_', '-' and '.'");
    }
    return directory.resolve(id.name());
  }

  private Collection<ResourceId> everything() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(f -> ResourceId.of("ConfigFile", f.getFileName().toString())).toList();
    }
  }
}
