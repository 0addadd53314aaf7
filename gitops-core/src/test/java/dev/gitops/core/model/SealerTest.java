// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SealerTest {
  private static final Sealer SEALER = new Sealer(new byte[32]);
  private static final ResourceId ID = ResourceId.of("Role", "app");
  private static final Kind<Tree> KIND =
      Kind.any().secret("/password").secret("/users/*/token").keyedList("/users", "name");

  @Test
  void aKeyHasThirtyTwoBytes() {
    assertThatThrownBy(() -> new Sealer(new byte[31]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("A sealing key has 32 bytes, not 31");
  }

  @Test
  void aDigestIsThirtyTwoHexDigitsThatDependOnTheKeyAndOnEveryPart() {
    assertThat(SEALER.digest("a", 1)).matches("[0-9a-f]{32}").isEqualTo(SEALER.digest("a", 1.0));
    byte[] other = new byte[32];
    other[31] = 1;
    assertThat(
            Set.of(
                SEALER.digest("a", 1),
                new Sealer(other).digest("a", 1),
                SEALER.digest("a", "1"),
                SEALER.digest("a1"),
                SEALER.digest(List.of("a", 1)),
                SEALER.digest("a", 1, (Object) null),
                SEALER.digest("", "a", 1)))
        .hasSize(7);
  }

  @Test
  void aDigestDoesNotDependOnTheOrderOfFieldsOrOnTheCauseOfAChange() {
    Map<String, Object> fields = new TreeMap<>(java.util.Comparator.reverseOrder());
    fields.put("a", 1);
    fields.put("b", 2);
    assertThat(SEALER.digest(Tree.of(fields))).isEqualTo(SEALER.digest(Map.of("a", 1, "b", 2)));
    Tree one = Tree.of(1);
    assertThat(SEALER.digest(new FieldChange("/a", null, one, FieldChange.Cause.DRIFT)))
        .isEqualTo(SEALER.digest(new FieldChange("/a", null, one, FieldChange.Cause.BOTH)))
        .isNotEqualTo(SEALER.digest(new FieldChange("/a", one, null, FieldChange.Cause.BOTH)))
        .isNotEqualTo(
            SEALER.digest(new FieldChange("/a", Tree.of(null), one, FieldChange.Cause.BOTH)));
  }

  @Property(tries = 100)
  void textsThatDifferHaveOtherDigests(@ForAll String a, @ForAll String b) {
    assertThat(SEALER.digest(a).equals(SEALER.digest(b))).isEqualTo(a.equals(b));
    assertThat(SEALER.digest("\ud800")).isNotEqualTo(SEALER.digest("\ud801"));
  }

  @Test
  void secretsAreMaskedWholeAndTheRestStays() {
    Tree masked =
        SEALER.mask(
            KIND,
            ID,
            Tree.of(
                Map.of(
                    "password",
                    Map.of("deep", 12345),
                    "users",
                    List.of(Map.of("name", "a", "token", "hunter2")),
                    "limit",
                    3)));
    assertThat(masked.at("/password").orElseThrow().text()).matches("\\(secret [0-9a-f]{6}\\)");
    assertThat(masked.at("/users/0/token").orElseThrow().text()).startsWith("(secret ");
    assertThat(masked.at("/users/0/name").orElseThrow().text()).isEqualTo("a");
    assertThat(masked.at("/limit").orElseThrow()).isEqualTo(Tree.of(3));
    assertThat(masked.toString()).doesNotContain("12345").doesNotContain("hunter2");
  }

  @Test
  void oneSecretLooksTheSameInOnePlaceAndDifferentElsewhere() {
    Tree tree =
        Tree.of(Map.of("password", "x", "users", List.of(Map.of("name", "a", "token", "x"))));
    Tree masked = SEALER.mask(KIND, ID, tree);
    assertThat(SEALER.mask(KIND, ID, tree)).isEqualTo(masked);
    assertThat(masked.at("/password")).isNotEqualTo(masked.at("/users/0/token"));
    assertThat(SEALER.mask(KIND, ResourceId.of("Role", "other"), tree).at("/password"))
        .isNotEqualTo(masked.at("/password"));
  }

  @Test
  void aChangeIsMaskedWhetherTheSecretIsAtAboveOrBelowItsField() {
    Kind<Tree> deep = Kind.any().secret("/config/password").secret("/all");
    for (FieldChange change :
        List.of(
            change("/config", Map.of("password", "hunter2", "user", "u"), null),
            change("/config/password", "old-hunter2", "hunter2"),
            change("", Map.of("config", Map.of("password", "hunter2", "user", "u")), null),
            change("/all/below/deep", "hunter2", List.of("hunter2")))) {
      FieldChange masked = SEALER.mask(deep, ID, change);
      assertThat(masked.toString()).doesNotContain("hunter2").contains("(secret ");
      assertThat(masked.toString().contains("\"u\""))
          .isEqualTo(change.toString().contains("\"u\""));
    }
    FieldChange open = change("/other", "a", "b");
    assertThat(SEALER.mask(deep, ID, open)).isSameAs(open);
  }

  @Test
  void aReferenceStaysButWhatStoodInItsPlaceDoesNot() {
    Map<String, String> reference = Map.of("secretRef", "env:X");
    FieldChange masked = SEALER.mask(Kind.any(), ID, change("/password", "hunter2", reference));
    assertThat(masked.from().text()).startsWith("(secret ");
    assertThat(masked.to()).isEqualTo(Tree.of(reference));
    assertThat(SEALER.mask(KIND, ID, Tree.of(Map.of("password", reference))))
        .isEqualTo(Tree.of(Map.of("password", reference)));
  }

  @Test
  void whatIsSealedIsUnsealedOnlyByTheSameValueInTheSamePlace() {
    Tree last = Tree.of(Map.of("password", "hunter2", "limit", 3));
    Tree sealed = SEALER.seal(KIND, ID, last);
    assertThat(sealed.toString()).doesNotContain("hunter2").contains("\"limit\":3");
    Tree other = Tree.of(Map.of("password", "other"));
    assertThat(SEALER.unseal(KIND, ID, sealed, last, other)).isEqualTo(last);
    assertThat(SEALER.unseal(KIND, ID, sealed, other, last)).isEqualTo(last);
    assertThat(SEALER.unseal(KIND, ID, sealed, other, other)).isEqualTo(sealed);
    assertThat(SEALER.unseal(KIND, ResourceId.of("Role", "b"), sealed, last, last))
        .isEqualTo(sealed);
  }

  @Test
  void nullIsNoSecret() {
    Map<String, Object> fields = new TreeMap<>();
    fields.put("password", null);
    assertThat(SEALER.mask(KIND, ID, Tree.of(fields))).isEqualTo(Tree.of(fields));
    assertThat(SEALER.mask(KIND, ID, change("/password", null, "x")).from()).isNull();
  }

  private static FieldChange change(String pointer, Object from, Object to) {
    List<Tree> both =
        Arrays.asList(from == null ? null : Tree.of(from), to == null ? null : Tree.of(to));
    return new FieldChange(pointer, both.get(0), both.get(1), FieldChange.Cause.BOTH);
  }
}
