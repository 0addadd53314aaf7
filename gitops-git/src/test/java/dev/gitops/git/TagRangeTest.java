// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.spi.HeldRevisionException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.assertj.core.api.Assertions;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectIdRef;
import org.eclipse.jgit.lib.Ref;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tag a range of versions stands for. */
class TagRangeTest {
  @TempDir Path directory;
  private RealGit git;
  private final Map<String, String> tags = new HashMap<>();

  @BeforeEach
  void create() {
    git = new RealGit(directory);
  }

  private void tag(String... names) {
    for (String name : names) {
      tags.put(name, git.commit("main", Map.of("a.yaml", topic("a", tags.size()))));
      git.git("tag", "-a", "-m", name, name, "main");
    }
  }

  private GitStateSource source(String range, String prefix) {
    return GitStateSource.of(git.remote.toString())
        .tags(range, prefix)
        .cache(directory.resolve("cache"))
        .build();
  }

  private String found(String range, String prefix) throws Exception {
    try (GitStateSource source = source(range, prefix);
        GitStateSource local = GitStateSource.local(git.remote).tags(range, prefix).build()) {
      String id = source.fetch(null).revision().id();
      assertThat(local.fetch(null).revision().id()).isEqualTo(id);
      return tags.entrySet().stream()
          .filter(tag -> tag.getValue().equals(id))
          .findFirst()
          .orElseThrow()
          .getKey();
    }
  }

  @Test
  void theHighestVersionInTheRangeCounts() throws Exception {
    tag("v1.10.0", "v1.9.3", "1.2.0", "v2.0.0-rc.1", "v2.0.0", "v3.0", "latest", "kafka-v1.9.9");

    assertThat(found(">=1.2 <2.0", "")).isEqualTo("v1.10.0");
    assertThat(found(">= 1.2 <2.0.0", "")).isEqualTo("v1.10.0");
    assertThat(found("1.9.x", "")).isEqualTo("v1.9.3");
    assertThat(found("<1.9", "")).isEqualTo("1.2.0");
    assertThat(found(">=2.0.0-rc.0 <2.0.0", "")).isEqualTo("v2.0.0-rc.1");
    assertThat(found("*", "")).isEqualTo("v2.0.0");
    assertThat(found("^1", "kafka-v")).isEqualTo("kafka-v1.9.9");
  }

  @Test
  void aRangeWithoutATagIsAnErrorThatNamesIt() {
    tag("v1.0.0");

    assertThatThrownBy(() -> found("^2", "kafka-"))
        .hasMessageContaining("has no tag in the range '^2' after 'kafka-'");
  }

  @Test
  void oneVersionUnderTwoNamesIsAmbiguous() {
    tag("v1.0.0", "1.0.0");

    assertThatThrownBy(() -> found("^1", ""))
        .hasMessageContaining("refs/tags/1.0.0 or refs/tags/v1.0.0");
  }

  @Test
  void aMoveToAnotherTagIsNoRewriteButAMovedTagIs() throws Exception {
    String first = git.commit("main", Map.of("a.yaml", topic("a", 1)));
    git.git("tag", "v1.0.0", first);
    try (GitStateSource source = source("^1", "")) {
      assertThat(source.fetch(null, null).revision().id()).isEqualTo(first);
      String other = git.forcePush("main", Map.of("a.yaml", topic("a", 2)));
      git.git("tag", "-a", "-m", "Other", "v1.1.0", other);
      assertThat(source.fetch(null, first).revision().id()).isEqualTo(other);

      git.git("tag", "-d", "v1.1.0");
      String moved = git.forcePush("main", Map.of("a.yaml", topic("a", 3)));
      git.git("tag", "v1.1.0", moved);
      assertThatThrownBy(() -> source.fetch(null, other))
          .isInstanceOf(HeldRevisionException.class)
          .hasMessageContaining("tag in the range '^1' was rewritten");
    }
  }

  @Test
  void whatIsNoRangeIsRefusedAndNotMisread() {
    for (String range :
        List.of("", "latest", ">=1.2, <2.0", "[1.0,2.0)", "1.2.3.4", "=>1", ">1.2 foo", "<<1")) {
      assertThatThrownBy(() -> GitStateSource.local(directory).tags(range))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'" + range + "' is no range of versions");
    }
    assertThatThrownBy(() -> GitStateSource.local(directory).tags("^1", "../x"))
        .hasMessageContaining("No tag can begin with");
  }

  @Provide
  Arbitrary<String> ranges() {
    return Arbitraries.oneOf(
        Arbitraries.strings().withChars("0123456789.x*<>=^~|- v,+ab").ofMaxLength(30),
        Arbitraries.strings().ofMaxLength(20));
  }

  @Property(tries = 2_000, seed = "42")
  void anyTextIsARangeOrRefused(@ForAll("ranges") String range, @ForAll("ranges") String tag) {
    TagRange parsed;
    try {
      parsed = TagRange.parse(range, "");
    } catch (IllegalArgumentException e) {
      return;
    }
    Ref ref = new ObjectIdRef.Unpeeled(Ref.Storage.NETWORK, "refs/tags/" + tag, ObjectId.zeroId());
    Assertions.assertThat(parsed.best(List.of(ref))).hasSizeLessThanOrEqualTo(1);
  }
}
