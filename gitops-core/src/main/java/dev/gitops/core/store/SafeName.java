// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/**
 * Any text as a file name that means the same on every file system: lower-case letters, digits, '-'
 * and '_' stand for themselves, all else is percent-encoded, so that nothing escapes its directory
 * and no two texts become one where case or accents are folded. What is too long ends in its hash.
 */
final class SafeName {
  private static final String PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  private static final int LONGEST = 160;
  private static final int KEPT = 80;
  private static final Set<String> DEVICES = Set.of("con", "prn", "aux", "nul");

  private SafeName() {}

  static String of(String text) {
    StringBuilder name = new StringBuilder();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    boolean device = DEVICES.contains(text) || text.matches("(com|lpt)[0-9]");
    for (int i = 0; i < bytes.length; i++) {
      char c = (char) (bytes[i] & 0xff);
      if (PLAIN.indexOf(c) >= 0 && !(device && i == 0)) {
        name.append(c);
      } else {
        name.append('%').append(HexFormat.of().toHexDigits((byte) c));
      }
    }
    return name.length() <= LONGEST
        ? name.toString()
        : name.substring(0, KEPT) + "~" + HexFormat.of().formatHex(sha256().digest(bytes), 0, 20);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
