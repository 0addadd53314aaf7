// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an unquoted YAML scalar stands for: YAML 1.2's core schema with the YAML 1.1 forms that
 * Kubernetes users expect, as {@code kubectl} resolves them (sigs.k8s.io/yaml over its fork of
 * go-yaml v2, observed in its {@code resolve.go} and tests).
 *
 * <ul>
 *   <li>booleans: {@code true false yes no on off y n}, each in lower case, Capitalised, or UPPER
 *       CASE; not {@code yEs}
 *   <li>null: nothing at all, {@code ~ null Null NULL}
 *   <li>whole numbers: {@code 12 +12 -12 1_000}; {@code 0x1F}, {@code 0b101}; octal both as {@code
 *       017} (YAML 1.1: 15) and as {@code 0o17} (YAML 1.2: 15); {@code 08} is no octal and is 8
 *   <li>decimals: {@code 1.5 .5 1. 1e3 6.8e+5 1_000.5}
 *   <li>text: everything else; among it dates and times ({@code 2026-01-02}), base 60 ({@code
 *       12:30:45}), and what is too big for a double ({@code 1e400}, such as an abbreviated commit
 *       hash)
 * </ul>
 *
 * <p>Where we differ, always towards an error or the exact value: numbers keep all their digits
 * (kubectl rounds to a double), {@code .inf} and {@code .nan} are errors here (kubectl fails later,
 * without a position), as are numbers that would need more than 400 digits.
 */
final class Scalars {
  /** What {@code !!} stands for. */
  static final String TAGS = "tag:yaml.org,2002:";

  private static final int MAX_DIGITS = 400;
  private static final Map<String, Boolean> BOOLEANS = new HashMap<>();
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(?:\\.[0-9]+|[0-9]+(?:\\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?");
  private static final Pattern POINT_FIRST =
      Pattern.compile("\\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?");
  private static final Pattern NOT_FINITE =
      Pattern.compile("[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)");

  static {
    for (String text : new String[] {"true", "yes", "on", "y"}) {
      addCases(text, true);
    }
    for (String text : new String[] {"false", "no", "off", "n"}) {
      addCases(text, false);
    }
  }

  private Scalars() {}

  /**
   * The text, {@link Boolean}, {@link Long}, {@link BigInteger}, {@link BigDecimal} or null that an
   * unquoted scalar stands for.
   *
   * @throws IllegalArgumentException for what can't be a JSON value; says what to do
   */
  static @Nullable Object resolve(String text) {
    if (text.isEmpty()) {
      return null;
    }
    char first = text.charAt(0);
    if (first == '-' || first == '+' || (first >= '0' && first <= '9')) {
      return signed(text);
    } else if (first == '.') {
      refuseInfinite(text);
      return POINT_FIRST.matcher(text).matches() ? decimal(text.replace("_", ""), text) : text;
    } else if (first == '~') {
      return text.length() == 1 ? null : text;
    } else if ("yYnNtTfFoO".indexOf(first) < 0 || text.length() > 5) {
      return text;
    } else if (text.equals("null") || text.equals("Null") || text.equals("NULL")) {
      return null;
    }
    Boolean bool = BOOLEANS.get(text);
    return bool == null ? text : (Object) bool;
  }

  /**
   * A number in JSON's grammar.
   *
   * @throws IllegalArgumentException for one that would need more than 400 digits
   */
  static Object jsonNumber(String text) {
    Object number = resolve(text);
    if (number instanceof Number) {
      return number;
    }
    throw new IllegalArgumentException("This number is too big; write it as text, in quotes");
  }

  /**
   * What a scalar with an explicit tag stands for.
   *
   * @throws IllegalArgumentException if the tag is not one of YAML's core, or does not fit the text
   */
  static @Nullable Object tagged(String tag, String text) {
    if (tag.equals("!") || tag.equals(TAGS + "str") || tag.equals(TAGS + "timestamp")) {
      return text;
    }
    Object value = resolve(text);
    boolean fits =
        switch (tag.startsWith(TAGS) ? tag.substring(TAGS.length()) : "") {
          case "bool" -> value instanceof Boolean;
          case "null" -> value == null;
          case "float" -> value instanceof Number;
          case "int" -> value instanceof Number && !(value instanceof BigDecimal);
          default -> false;
        };
    if (!fits) {
      throw new IllegalArgumentException(badTag(tag));
    }
    return value;
  }

  static String badTag(String tag) {
    String shown = tag.startsWith(TAGS) ? "!!" + tag.substring(TAGS.length()) : tag;
    return "The tag " + ManifestText.cut(shown) + " does not fit, or is not known";
  }

  /**
   * Whether a text that resolves to this value is, as a key, the text itself; of others kubectl
   * makes another key: of {@code on} "true", of {@code 0x10} "16".
   */
  static boolean isKey(String text, @Nullable Object resolved) {
    return resolved instanceof String
        || resolved instanceof BigDecimal
        || (resolved != null && text.equals(resolved.toString()));
  }

  private static Object signed(String text) {
    refuseInfinite(text);
    String plain = text.indexOf('_') < 0 ? text : text.replace("_", "");
    int start = plain.startsWith("-") || plain.startsWith("+") ? 1 : 0;
    if (plain.length() == start) {
      return text;
    }
    boolean zero = plain.charAt(start) == '0';
    if (zero && plain.length() > start + 2) {
      int radix = radix(plain.charAt(start + 1));
      if (radix > 0) {
        return digits(plain, start + 2, radix) ? integer(plain, start, 2, radix) : text;
      }
    }
    if (digits(plain, start, 10)) {
      boolean octal = zero && plain.length() > start + 1 && digits(plain, start, 8);
      return integer(plain, start, 0, octal ? 8 : 10);
    }
    return DECIMAL.matcher(plain).matches() ? decimal(plain, text) : text;
  }

  private static int radix(char letter) {
    return switch (letter) {
      case 'x', 'X' -> 16;
      case 'o', 'O' -> 8;
      case 'b', 'B' -> 2;
      default -> 0;
    };
  }

  private static boolean digits(String text, int from, int radix) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80 || Character.digit(c, radix) < 0) {
        return false;
      }
    }
    return from < text.length();
  }

  private static Object integer(String plain, int start, int prefix, int radix) {
    String digits = plain.substring(start + prefix);
    String signed = plain.startsWith("-") ? "-" + digits : digits;
    if (digits.length() <= (radix == 10 ? 18 : radix == 16 ? 15 : radix == 8 ? 20 : 62)) {
      return Long.parseLong(signed, radix);
    }
    BigInteger big = digits.length() > 2_000 ? null : new BigInteger(signed, radix);
    if (big == null || big.abs().bitLength() > 1_328) {
      throw new IllegalArgumentException(
          "A number of more than " + MAX_DIGITS + " digits; if it is text, put it in quotes");
    }
    if (radix == 8 && prefix == 0 && big.bitLength() > 64) {
      throw new IllegalArgumentException(
          "Octal by its leading zero, but too big for 64 bits; if it is text, put it in quotes");
    }
    return big;
  }

  private static Object decimal(String plain, String text) {
    double rounded = Double.parseDouble(plain);
    if (Double.isInfinite(rounded)) {
      return text;
    }
    String mantissa = plain.split("[eE]", 2)[0];
    if (rounded == 0 && mantissa.chars().noneMatch(c -> c >= '1' && c <= '9')) {
      return 0L;
    }
    if (mantissa.length() <= MAX_DIGITS) {
      // A double's exponent was proved above to have an upper end; its lower end may be anything.
      BigDecimal exact = rounded == 0 ? null : new BigDecimal(plain).stripTrailingZeros();
      if (exact != null && Math.abs(exact.scale()) <= MAX_DIGITS) {
        return exact;
      }
    }
    throw new IllegalArgumentException(
        "A number of more than " + MAX_DIGITS + " digits; if it is text, put it in quotes");
  }

  private static void refuseInfinite(String text) {
    if (text.length() <= 5 && NOT_FINITE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "Infinite and undefined numbers can't be declared; if it is text, put it in quotes");
    }
  }

  private static void addCases(String text, boolean value) {
    BOOLEANS.put(text, value);
    BOOLEANS.put(text.toUpperCase(Locale.ROOT), value);
    BOOLEANS.put(Character.toUpperCase(text.charAt(0)) + text.substring(1), value);
  }
}
