// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.ResourceId;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The text of a file that could not be understood, as the judge of what it may declare: everything
 * that it declared last, and everything whose name occurs in it.
 *
 * <p>Only letters and digits count, without case, accents and width, so that neither quoting,
 * folding, nor a target's spelling of names hides one. A text with a backslash or a percent sign
 * may spell any name, so it may declare anything.
 */
final class ManifestText implements BiPredicate<ResourceId, String> {
  private final String file;
  private final String text;
  private @Nullable String letters;

  ManifestText(String file, String text) {
    this.file = file;
    this.text = text;
  }

  @Override
  public boolean test(ResourceId id, String lastFile) {
    if (lastFile.equals(file) || text.indexOf('\\') >= 0 || text.indexOf('%') >= 0) {
      return true;
    }
    String all = letters;
    if (all == null) {
      all = letters(text);
      letters = all;
    }
    return all.contains(letters(id.name()));
  }

  private static String letters(String text) {
    String plain = Normalizer.normalize(text, Normalizer.Form.NFKD).toUpperCase(Locale.ROOT);
    // Upper first, then lower: ß, ſ and ẞ meet only so.
    plain = Normalizer.normalize(plain.toLowerCase(Locale.ROOT), Normalizer.Form.NFKD);
    StringBuilder letters = new StringBuilder(plain.length());
    plain.codePoints().filter(Character::isLetterOrDigit).forEach(letters::appendCodePoint);
    return letters.toString();
  }

  /**
   * The bytes as text, strictly UTF-8, without a byte order mark.
   *
   * @throws Node.BrokenException naming the offset of the first byte that is not UTF-8
   */
  static String decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length + 1);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
    if (result.isError()) {
      int line = 1;
      for (int i = 0; i < in.position(); i++) {
        line += bytes[i] == '\n' ? 1 : 0;
      }
      throw new Node.BrokenException(
          line, 0, "Not UTF-8 at byte " + in.position() + "; save the file as UTF-8");
    }
    out.flip();
    return out.length() > 0 && out.charAt(0) == '\ufeff'
        ? out.subSequence(1, out.length()).toString()
        : out.toString();
  }

  /** The number of line breaks before a position in code points. */
  static int line(String text, int codePoints) {
    int line = 0;
    for (int i = 0, n = 0; i < text.length() && n < codePoints; n++) {
      char c = text.charAt(i);
      boolean paired = c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n';
      line += c == '\n' || (c == '\r' && !paired) ? 1 : 0;
      i += Character.charCount(text.codePointAt(i));
    }
    return line;
  }

  /** Whether every surrogate has its pair. */
  static boolean wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(++i))) {
          return false;
        }
      }
    }
    return true;
  }

  /** A text of the file as it may stand in a message. */
  static String cut(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
