// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gitops.core.model.Tree;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The table of {@link Scalars}: what an unquoted value is, as kubectl reads it. */
class ScalarsTest {
  private static final Map<String, Object> TABLE = new LinkedHashMap<>();

  static {
    for (String text :
        List.of("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y")) {
      TABLE.put(text, true);
    }
    for (String text :
        List.of("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N")) {
      TABLE.put(text, false);
    }
    for (String text :
        List.of(
            "tRUE",
            "yEs",
            "oN",
            "nO",
            "Yup",
            "Nope",
            "none",
            "nil",
            "nan",
            "inf",
            "NaN",
            "Infinity")) {
      TABLE.put(text, text);
    }
    for (String text : Arrays.asList("", "~", "null", "Null", "NULL")) {
      TABLE.put(text, null);
    }
    TABLE.put("nULL", "nULL");
    TABLE.put("~x", "~x");

    TABLE.put("0", 0L);
    TABLE.put("-0", 0L);
    TABLE.put("12", 12L);
    TABLE.put("+12", 12L);
    TABLE.put("-12", -12L);
    TABLE.put("1_000", 1000L);
    TABLE.put("1_", 1L);
    TABLE.put("9223372036854775807", Long.MAX_VALUE);
    TABLE.put("-9223372036854775808", Long.MIN_VALUE);
    TABLE.put("18446744073709551615", new BigInteger("18446744073709551615"));
    TABLE.put("18446744073709551616", new BigInteger("18446744073709551616"));

    TABLE.put("017", 15L);
    TABLE.put("-017", -15L);
    TABLE.put("0_17", 15L);
    TABLE.put("00", 0L);
    TABLE.put("0o17", 15L);
    TABLE.put("0O17", 15L);
    TABLE.put("02472256", 685230L);
    TABLE.put("08", 8L);
    TABLE.put("0o8", "0o8");
    TABLE.put("0x1F", 31L);
    TABLE.put("-0x1f", -31L);
    TABLE.put("0x_0A_74_AE", 685230L);
    TABLE.put("0xFFFFFFFFFFFFFFFF", new BigInteger("18446744073709551615"));
    TABLE.put("0x", "0x");
    TABLE.put("0xg", "0xg");
    TABLE.put("0b101", 5L);
    TABLE.put("-0b101010", -42L);
    TABLE.put("0b1010_0111_0100_1010_1110", 685230L);
    TABLE.put("0b2", "0b2");

    TABLE.put("0.1", new BigDecimal("0.1"));
    TABLE.put("1.50", new BigDecimal("1.5"));
    TABLE.put("0.30000000000000000001", new BigDecimal("0.30000000000000000001"));
    TABLE.put(".5", new BigDecimal("0.5"));
    TABLE.put("-.5", new BigDecimal("-0.5"));
    TABLE.put(".1_0", new BigDecimal("0.1"));
    TABLE.put("._1", "._1");
    TABLE.put("1.", 1L);
    TABLE.put("1.0", 1L);
    TABLE.put("0777.5", new BigDecimal("777.5"));
    TABLE.put("685.230_15e+03", new BigDecimal("685230.15"));
    TABLE.put("6.8523e+5", 685230L);
    TABLE.put("1e3", 1000L);
    TABLE.put("123456E1", 1234560L);
    TABLE.put("0e999999999999", 0L);
    TABLE.put("1e400", "1e400");
    TABLE.put("1e99999999999999999999", "1e99999999999999999999");
    TABLE.put("-1e400", "-1e400");
    TABLE.put("0x1.8p1", "0x1.8p1");
    TABLE.put("1e", "1e");
    TABLE.put(".", ".");
    TABLE.put("..", "..");
    TABLE.put(".e5", ".e5");
    TABLE.put("-", "-");
    TABLE.put("+", "+");
    TABLE.put("-_", "-_");
    TABLE.put("_1", "_1");
    TABLE.put("1.2.3", "1.2.3");
    TABLE.put("10.0.0.0/8", "10.0.0.0/8");
    TABLE.put("50cent_of_dollar", "50cent_of_dollar");
    TABLE.put("٣", "٣");
    TABLE.put("1٣", "1٣");

    for (String text :
        Arrays.asList(
            "2026-01-02",
            "2026-01-02T03:04:05Z",
            "2026-01-02 03:04:05",
            "12:30",
            "190:20:30",
            "190:20:30.15",
            "=",
            "<<",
            "text")) {
      TABLE.put(text, text);
    }
  }

  @Test
  void unquotedValuesAreReadAsKubectlReadsThem() {
    TABLE.forEach(
        (text, value) ->
            assertThat(Tree.of(Scalars.resolve(text))).as("'%s'", text).isEqualTo(Tree.of(value)));
  }

  @Test
  void whatIsNoJsonValueIsRefusedWithAdvice() {
    for (String text : List.of(".inf", ".Inf", ".INF", "+.inf", "-.INF", ".nan", ".NaN", ".NAN")) {
      assertThatIllegalArgumentException()
          .as(text)
          .isThrownBy(() -> Scalars.resolve(text))
          .withMessageContaining("quotes");
    }
  }

  @Test
  void numbersThatWouldFillTheMemoryAreRefusedAtOnce() {
    for (String text :
        Arrays.asList(
            "9".repeat(402),
            "9".repeat(1_000_000),
            "0x" + "f".repeat(1_000_000),
            "0b" + "1".repeat(1_000_000),
            "07".repeat(300),
            "1e-999999999",
            "1e-99999999999999",
            "0." + "1".repeat(500))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Scalars.resolve(text))
          .withMessageContaining("quotes");
    }
    assertThatIllegalArgumentException().isThrownBy(() -> Scalars.jsonNumber("1e400"));
  }

  @Test
  void everyNumberThatIsAcceptedIsAcceptedByTrees() {
    for (int length : new int[] {17, 18, 19, 20, 62, 63, 64, 300, 399, 400}) {
      for (String prefix : new String[] {"", "-", "0x", "0b", "0o", "1.", "0.", "1e", "1e-"}) {
        String text = prefix + "1".repeat(prefix.contains("e") ? 2 : length);
        Object number;
        try {
          number = Scalars.resolve(text);
        } catch (IllegalArgumentException e) {
          continue;
        }
        assertThat(Tree.of(number).value()).as(text).isInstanceOf(Number.class);
      }
    }
  }
}
