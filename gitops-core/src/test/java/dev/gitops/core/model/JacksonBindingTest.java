// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class JacksonBindingTest {
  enum Policy {
    DELETE,
    COMPACT
  }

  record Cleanup(Policy policy, Duration retention) {}

  record Topic(
      int partitions,
      short replication,
      String owner,
      boolean internal,
      Cleanup cleanup,
      Map<String, String> config,
      List<Cleanup> history,
      Double ratio,
      SecretRef key) {}

  record Checked(int low, int high) {
    Checked {
      if (low > high) {
        throw new IllegalArgumentException("low " + low + " is above high " + high);
      }
    }
  }

  record Login(String user, String password, int attempts) {
    Login {
      if (password != null && password.length() < 8) {
        throw new IllegalArgumentException("password " + password + " is too short");
      }
    }
  }

  record Wide(
      long big,
      BigDecimal exact,
      BigInteger huge,
      Optional<String> maybe,
      Instant at,
      Set<Policy> policies,
      Map<Policy, Integer> counts,
      Tree free,
      SecretRef secret,
      double real,
      char letter,
      List<List<Long>> matrix) {}

  private static final Kind<Topic> TOPIC = Kind.of("Topic", Topic.class);

  @Test
  void bindsWhatFitsAndLeavesTheRestNull() throws Exception {
    Topic topic =
        TOPIC.bind(
            spec(
                "partitions",
                3,
                "replication",
                1,
                "internal",
                false,
                "cleanup",
                Map.of("policy", "COMPACT", "retention", "PT1H"),
                "key",
                Map.of("secretRef", "env:X")));
    assertThat(topic)
        .isEqualTo(
            new Topic(
                3,
                (short) 1,
                null,
                false,
                new Cleanup(Policy.COMPACT, Duration.ofHours(1)),
                null,
                null,
                null,
                new SecretRef("env:X")));
    assertThat(TOPIC.tree(topic).toString())
        .isEqualTo(
            "{\"partitions\":3,\"replication\":1,\"internal\":false,"
                + "\"cleanup\":{\"policy\":\"COMPACT\",\"retention\":\"PT1H\"},"
                + "\"key\":{\"secretRef\":\"env:X\"}}");
  }

  @Test
  void collectsEveryViolationInTheOrderOfTheFields() {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("partitons", 3);
    spec.put("replication", "one");
    spec.put("internal", "yes");
    spec.put("owner", 7);
    spec.put("cleanup", Map.of("policy", "compact", "retentionn", "PT1H"));
    spec.put("history", List.of(Map.of("policy", "DELETE"), Map.of("retention", 30)));
    spec.put("zzz", Map.of("deep", List.of(1)));
    assertThat(violations(TOPIC, Tree.of(spec)))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "/partitons",
                "Unknown property partitons: did you mean partitions?",
                "/partitions",
                "partitions is required: a whole number from -2147483648 to 2147483647",
                "/replication",
                "replication must be a whole number from -32768 to 32767, not the text \"one\"",
                "/internal",
                "internal must be true or false, not the text \"yes\"",
                "/owner",
                "owner must be a text (quote it), not the number 7",
                "/cleanup/policy",
                "cleanup/policy must be one of DELETE, COMPACT, not the text \"compact\"",
                "/cleanup/retentionn",
                "Unknown property cleanup/retentionn: did you mean retention?",
                "/history/1/retention",
                "history/1/retention must be a duration such as \"PT1H30M\", not the number 30",
                "/zzz",
                "Unknown property zzz: known are cleanup, config, history, internal, key, owner,"
                    + " partitions, ratio, replication"));
    assertThat(violations(TOPIC, Tree.of(spec)).keySet())
        .startsWith("/partitons", "/replication", "/internal", "/owner")
        .endsWith("/partitions");
  }

  @Test
  void convertsNothingSilently() {
    Map<String, Object> wrong = new HashMap<>();
    wrong.put("partitions", "3");
    wrong.put("replication", 1.5);
    wrong.put("owner", true);
    wrong.put("internal", 1);
    wrong.put("config", "");
    wrong.put("history", Map.of());
    wrong.put("ratio", "1.5");
    wrong.put("cleanup", "");
    wrong.put("key", "env:X");
    assertThat(violations(TOPIC, Tree.of(wrong)).keySet())
        .containsExactlyInAnyOrderElementsOf(
            wrong.keySet().stream().map(name -> "/" + name).toList());
    for (Object partitions : Arrays.asList("", 2147483648L, 0.5, List.of(), null, false)) {
      Map<String, Object> one = new HashMap<>(Map.of("replication", 1, "internal", true));
      one.put("partitions", partitions);
      assertThat(violations(TOPIC, Tree.of(one)).keySet())
          .as("%s", partitions)
          .containsExactly("/partitions");
    }
  }

  @Test
  void anEnumIsNotCountedAndItsCaseMatters() {
    Kind<Cleanup> kind = Kind.of("Cleanup", Cleanup.class);
    assertThat(violations(kind, spec("policy", 0))).containsKey("/policy");
    assertThat(violations(kind, spec("policy", "")).get("/policy"))
        .isEqualTo("policy must be one of DELETE, COMPACT, not the text \"\"");
  }

  @Test
  void theTypesOwnChecksAreViolationsButNotThoseThatAStandInCauses() {
    Kind<Checked> kind = Kind.of("Checked", Checked.class);
    assertThat(violations(kind, spec("low", 3, "high", 2)))
        .containsExactly(Map.entry("", "The spec: low 3 is above high 2"));
    assertThat(violations(kind, spec("low", 3, "high", "x")).keySet()).containsExactly("/high");
  }

  @Test
  void aSecretFieldIsNeverQuoted() {
    Kind<Login> kind = Kind.of("Login", Login.class).secret("/password");
    assertThat(violations(kind, spec("user", "a", "password", 12345678, "attempts", 1)))
        .containsExactly(
            Map.entry("/password", "password must be a text (quote it), not what stands there"));
    assertThat(violations(kind, spec("user", "a", "password", "hunter2", "attempts", 1)).toString())
        .doesNotContain("hunter2")
        .contains("not accepted by the type");
    assertThat(
            violations(
                    Kind.of("Topic", Topic.class).secret("/history/policy=DELETE/retention"),
                    spec("owner", 1))
                .get("/owner"))
        .contains("the number 1");
  }

  @Test
  void whatIsNotAnObjectIsAViolationOfTheWhole() {
    assertThat(violations(TOPIC, Tree.of(null)))
        .containsExactly(Map.entry("", "The spec is missing"));
    assertThat(violations(TOPIC, Tree.of("x")))
        .containsExactly(Map.entry("", "The spec must be an object, not a text (not shown)"));
  }

  @Test
  void violationsAreBounded() {
    Map<String, Object> many = new HashMap<>();
    for (int i = 0; i < 10_000; i++) {
      many.put("unknown" + i, i);
    }
    assertThat(violations(TOPIC, Tree.of(many)).size()).isLessThanOrEqualTo(101);
  }

  @Property(tries = 100)
  void whatIsWrittenAsATreeBindsToAnEqualValue(@ForAll("wide") Wide value) throws Exception {
    Kind<Wide> kind = Kind.of("Wide", Wide.class);
    Tree tree = kind.tree(value);
    assertThat(kind.bind(tree)).isEqualTo(value);
    assertThat(kind.tree(kind.bind(tree)).toString()).isEqualTo(tree.toString());
  }

  @Property(tries = 100)
  void nullFieldsBindLikeAbsentOnes(@ForAll("wide") Wide value) throws Exception {
    Kind<Wide> kind = Kind.of("Wide", Wide.class);
    Map<String, Object> fields = new LinkedHashMap<>(kind.tree(value).fields());
    for (var component : Wide.class.getRecordComponents()) {
      fields.putIfAbsent(component.getName(), null);
    }
    assertThat(kind.bind(Tree.of(fields))).isEqualTo(value);
  }

  @Provide
  Arbitrary<Wide> wide() {
    Arbitrary<String> text = Arbitraries.strings().ofMaxLength(5);
    return Combinators.combine(
            Combinators.combine(
                    Arbitraries.longs(),
                    Arbitraries.bigDecimals().ofScale(3).injectNull(0.2),
                    Arbitraries.bigIntegers().injectNull(0.2),
                    text.optional(),
                    Arbitraries.longs().between(0, 4_000_000_000_000L))
                .as((a, b, c, d, e) -> new Object[] {a, b, c, d, e}),
            Arbitraries.of(Policy.class).set().injectNull(0.2),
            Arbitraries.maps(Arbitraries.of(Policy.class), Arbitraries.integers()).injectNull(0.2),
            text.map(t -> Tree.of(Map.of("a", List.of(1.5, t)))).injectNull(0.2),
            text.filter(t -> !t.isEmpty()).map(SecretRef::new).injectNull(0.2),
            Arbitraries.doubles(),
            Arbitraries.chars().range('a', 'z'),
            Arbitraries.longs().list().ofMaxSize(3).list().ofMaxSize(3).injectNull(0.2))
        .as(
            (first, policies, counts, free, secret, real, letter, matrix) ->
                new Wide(
                    (long) first[0],
                    first[1] == null ? null : plain((BigDecimal) first[1]),
                    (BigInteger) first[2],
                    maybe(first[3]),
                    Instant.ofEpochMilli((long) first[4]),
                    policies,
                    counts,
                    free,
                    secret,
                    real,
                    letter,
                    matrix));
  }

  /** Binding keeps a number's value, not how many zeros it was written with. */
  private static BigDecimal plain(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
  }

  @SuppressWarnings("unchecked")
  private static Optional<String> maybe(Object value) {
    return (Optional<String>) value;
  }

  private static Map<String, String> violations(Kind<?> kind, Tree spec) {
    BindingException e = catchThrowableOfType(BindingException.class, () -> kind.bind(spec));
    assertThat(e).as("a violation").isNotNull();
    Map<String, String> byPointer = new LinkedHashMap<>();
    e.violations().forEach(v -> byPointer.put(v.pointer(), v.message()));
    return byPointer;
  }

  private static Tree spec(Object... namesAndValues) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return Tree.of(fields);
  }
}
