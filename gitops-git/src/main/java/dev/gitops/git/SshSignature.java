// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/**
 * A signature as {@code ssh-keygen -Y sign} makes it (OpenSSH's PROTOCOL.sshsig).
 *
 * @param key the public key that it says made it
 * @param namespace what it was made for: {@code git} for commits and tags
 * @param reserved without a meaning yet, but signed
 * @param hash what the content was hashed with
 * @param signature over all that
 */
@SuppressWarnings("ArrayRecordComponent") // neither compared nor handed out
record SshSignature(byte[] key, String namespace, byte[] reserved, String hash, byte[] signature) {
  static final String BEGIN = "-----BEGIN SSH SIGNATURE-----";
  private static final String END = "-----END SSH SIGNATURE-----";
  private static final byte[] MAGIC = "SSHSIG".getBytes(US_ASCII);
  private static final Map<String, String> HASHES =
      Map.of("sha256", "SHA-256", "sha512", "SHA-512");

  /**
   * Reads a signature in its armor.
   *
   * @throws SshWire.MalformedException for what is none
   */
  static SshSignature parse(String armored) throws SshWire.MalformedException {
    String text = armored.strip();
    if (!text.startsWith(BEGIN)
        || !text.endsWith(END)
        || text.length() < BEGIN.length() + END.length()) {
      throw new SshWire.MalformedException("its armor is incomplete");
    }
    String body = text.substring(BEGIN.length(), text.length() - END.length());
    byte[] blob;
    try {
      blob = Base64.getDecoder().decode(body.replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      throw new SshWire.MalformedException("its armor is not base 64");
    }
    SshWire wire = new SshWire(blob);
    if (!Arrays.equals(wire.raw(MAGIC.length), MAGIC) || wire.number() != 1) {
      throw new SshWire.MalformedException("it is not in version 1 of the format");
    }
    SshSignature signature =
        new SshSignature(wire.string(), wire.text(), wire.string(), wire.text(), wire.string());
    wire.end();
    if (!HASHES.containsKey(signature.hash)) {
      throw new SshWire.MalformedException("its hash is neither sha256 nor sha512");
    }
    return signature;
  }

  /** What the key has signed, if it has signed this content. */
  byte[] signed(byte[] content) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(MAGIC);
    SshWire.write(all, namespace.getBytes(ISO_8859_1));
    SshWire.write(all, reserved);
    SshWire.write(all, hash.getBytes(US_ASCII));
    try {
      SshWire.write(all, MessageDigest.getInstance(HASHES.get(hash)).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-2", e);
    }
    return all.toByteArray();
  }
}
