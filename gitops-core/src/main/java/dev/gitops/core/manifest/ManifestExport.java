// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.LiveStateProvider;
import dev.gitops.core.spi.ReadScope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What really exists, as manifests: one file for each resource, so that Git can be adopted for a
 * system that already runs. The same state always gives the same bytes, and what declares it again
 * plans no change.
 *
 * <pre>{@code
 * ManifestExport.of(Kind.of("Topic", Topic.class), new TopicTarget(admin)).writeTo(Path.of("topics"));
 * }</pre>
 *
 * <p>Fields that are secret or ignored by the kind are left out, as are lists that hold any; a
 * comment in the file names the secret ones. Immutable.
 */
public final class ManifestExport {
  private final SortedMap<String, String> files;
  private final SortedMap<ResourceId, String> places;

  private ManifestExport(SortedMap<String, String> files, SortedMap<ResourceId, String> places) {
    this.files = files;
    this.places = places;
  }

  /**
   * Reads all that there is of a kind.
   *
   * @param kind the same as the reconciler's; {@link Kind#any} for all kinds of the target
   * @throws IOException when something could not be read, or can't be written as a manifest that
   *     says the same: what is exported is complete
   * @throws Exception what the target throws
   */
  public static <T> ManifestExport of(Kind<T> kind, LiveStateProvider<T> target) throws Exception {
    boolean any = kind.name().equals(Kind.ANY);
    Live<T> live = target.read(ReadScope.everything(any ? Set.of() : Set.of(kind.name())));
    if (!live.complete()) {
      throw new IOException(
          "The target could not read all there is of " + kind + ", so nothing is exported");
    }
    SortedMap<String, String> files = new TreeMap<>();
    SortedMap<ResourceId, String> places = new TreeMap<>();
    for (Observed<T> observed : live.found().values()) {
      ResourceId id = observed.id();
      if (any || id.kind().equals(kind.name())) {
        add(files, ExportName.of(id), id, ExportText.of(kind, observed));
        places.put(id, ExportName.of(id));
      }
    }
    return new ManifestExport(files, places);
  }

  /**
   * This and another one.
   *
   * @throws IOException when both hold the same resource, or kinds that differ only in case
   */
  public ManifestExport and(ManifestExport other) throws IOException {
    SortedMap<String, String> all = new TreeMap<>(files);
    SortedMap<ResourceId, String> allPlaces = new TreeMap<>(places);
    for (Map.Entry<ResourceId, String> place : other.places.entrySet()) {
      String file = place.getValue();
      add(all, file, place.getKey(), other.files.getOrDefault(file, ""));
      allPlaces.put(place.getKey(), file);
    }
    return new ManifestExport(all, allPlaces);
  }

  private static void add(SortedMap<String, String> files, String file, ResourceId id, String text)
      throws IOException {
    if (files.putIfAbsent(file, text) != null) {
      throw new IOException(
          "%s and another resource would both be exported to %s. Export them apart"
              .formatted(id, file));
    }
  }

  /** The content of each file, by its path: lower-case, relative, with slashes. */
  public SortedMap<String, String> files() {
    return Collections.unmodifiableSortedMap(files);
  }

  /** Which file declares which resource. */
  public SortedMap<ResourceId, String> places() {
    return Collections.unmodifiableSortedMap(places);
  }

  /**
   * Writes the files below a directory, which is made if it is absent. Files that are there with
   * the same content stay; with another they are not overwritten.
   *
   * @throws IOException naming the files of other content; then nothing was written. Also when a
   *     file can't be written: then some may have been, and calling again is safe
   */
  public void writeTo(Path directory) throws IOException {
    List<String> missing = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = directory.resolve(file.getKey());
      byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
      if (!Files.exists(path)) {
        missing.add(file.getKey());
      } else if (!Arrays.equals(Files.readAllBytes(path), content)) {
        others.add(file.getKey());
      }
    }
    if (!others.isEmpty()) {
      throw new IOException(
          "These files in %s say something else and are not overwritten; remove them first, or"
                  .formatted(directory)
              + " export elsewhere: "
              + String.join(", ", others));
    }
    for (String file : missing) {
      Path path = directory.resolve(file);
      Path above = path.toAbsolutePath().getParent();
      if (above != null) {
        Files.createDirectories(above);
      }
      Files.writeString(path, files.get(file));
    }
  }
}
