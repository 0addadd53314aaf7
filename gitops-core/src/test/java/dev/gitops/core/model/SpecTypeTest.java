// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a type says of its fields, and what that means for the documents that are bound to it. */
class SpecTypeTest {
  record Login(String user, SecretRef token) {}

  record Shop(
      @Nullable String name,
      @Nullable SecretRef token,
      @Nullable Login login,
      @Nullable List<Login> logins,
      @Nullable Map<String, Login> byName,
      @Nullable Tree free) {}

  record Server(
      @Nullable String size,
      @JsonIgnore @Nullable String health,
      @JsonProperty(access = JsonProperty.Access.READ_ONLY) @Nullable String address) {}

  static final class Ambiguous {
    public void setValue(List<String> value) {}

    public void setValue(Map<String, String> value) {}
  }

  private static final Kind<Shop> SHOP = Kind.of("Shop", Shop.class);
  private static final Kind<Server> SERVER = Kind.of("Server", Server.class);

  @Test
  void whatStandsWhereAReferenceBelongsIsNotShown() {
    assertThatThrownBy(() -> SHOP.bind(Tree.of(Map.of("token", "geheim1234"))))
        .isInstanceOf(BindingException.class)
        .hasMessage("token must be {secretRef: \"...\"}, not a text (not shown)");
    for (Object wrong :
        List.of(
            Map.of("token", 1234567),
            Map.of("token", true),
            Map.of("token", Map.of("secretRef", 1234567)),
            Map.of("token", Map.of("secretRef", Map.of("x", 1234567))),
            Map.of("token", Map.of("value", "1234567")),
            Map.of("login", "1234567"),
            Map.of("logins", List.of("1234567")),
            Map.of("logins", List.of(Map.of("user", "u", "token", "1234567"))),
            Map.of("byName", Map.of("a", Map.of("token", "1234567"))))) {
      assertThatThrownBy(() -> SHOP.bind(Tree.of(wrong)))
          .as(wrong.toString())
          .isInstanceOf(BindingException.class)
          .hasMessageNotContaining("1234567")
          .hasMessageNotContaining("true");
    }
  }

  @Test
  void aSecretThatIsMisspeltIsRefusedSinceItWouldMaskNothing() {
    assertThatThrownBy(() -> SHOP.secret("/nmae"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(Shop.class.getName() + " has no field /nmae: correct the pattern");
    for (String wrong : List.of("/login/usr", "/logins/*/usr", "/byName/*/usr")) {
      assertThatThrownBy(() -> SHOP.secret(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void whatMayBeAFieldIsAccepted() {
    for (String right :
        List.of(
            "",
            "/*",
            "/name",
            "/token/secretRef",
            "/login/user",
            "/*/user",
            "/logins/*/user",
            "/logins/user=ann/token",
            "/byName/ann/user",
            "/free/anything/at/all")) {
      assertThatCode(() -> SHOP.secret(right)).as(right).doesNotThrowAnyException();
    }
    assertThatCode(() -> SERVER.secret("/health").secret("/address")).doesNotThrowAnyException();
  }

  @Test
  void whatIsOnlyReadCanNotBeDeclared() {
    for (String field : List.of("health", "address")) {
      assertThatThrownBy(() -> SERVER.bind(Tree.of(Map.of("size", "L", field, "great"))))
          .isInstanceOf(BindingException.class)
          .hasMessage(field + " can't be declared: it is only read");
    }
  }

  @Test
  void whatIsOnlyReadDoesNotKeepAnUpdateFromBeingMade() throws Exception {
    Server live = new Server("L", "great", "10.0.0.1");
    Server desired = new Server("M", null, null);
    assertThat(SERVER.tree(live).fields()).containsOnlyKeys("size", "address");
    assertThat(SERVER.effective(desired, live, Set.of(), false).size()).isEqualTo("M");
  }

  @Test
  void aTypeThatNothingCanBeBoundToIsRefusedAtOnce() {
    assertThatThrownBy(() -> Kind.of("Ambiguous", Ambiguous.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(Ambiguous.class.getName() + " can't be bound by Jackson: ");
  }
}
