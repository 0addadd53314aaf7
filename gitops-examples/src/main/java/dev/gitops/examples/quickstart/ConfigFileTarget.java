// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.UUID;

/** The files of one directory. */
public record ConfigFileTarget(Path directory) implements Target<ConfigFile> {
  @Override
  public Live<ConfigFile> read(ReadScope scope) throws IOException {
    Live.Builder<ConfigFile> live = Live.builder();
    for (ResourceId id : scope.everything() ? everything() : scope.ids()) {
      try {
        find(id).ifPresent(live::found);
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
    if (!find(live.id()).map(Observed::version).equals(Optional.ofNullable(live.version()))) {
      throw new ConflictException(live.id() + " is no longer what it was");
    }
  }

  private Optional<Observed<ConfigFile>> find(ResourceId id) throws IOException {
    if (Files.notExists(path(id))) {
      return Optional.empty();
    }
    String content = Files.readString(path(id));
    String version = UUID.nameUUIDFromBytes(content.getBytes(UTF_8)).toString();
    return Optional.of(Observed.of(id, new ConfigFile(content)).withVersion(version));
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
