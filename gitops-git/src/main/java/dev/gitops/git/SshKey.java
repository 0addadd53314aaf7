// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;

/**
 * A public key in SSH's form (RFC 4253, 5656, 8709) with the algorithms of the Java platform:
 * Ed25519, RSA of 2,048 bits or more with SHA-2, ECDSA on the NIST curves. Immutable.
 */
final class SshKey {
  private static final int MIN_RSA_BITS = 2_048;
  private static final int MAX_RSA_BITS = 16_384;
  private static final byte[] ED25519_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  /** Names the curve for Java, the signature algorithm, and the bytes of one coordinate. */
  private record Curve(String name, String algorithm, int bytes) {}

  private static final Map<String, Curve> CURVES =
      Map.of(
          "ecdsa-sha2-nistp256", new Curve("secp256r1", "SHA256withECDSAinP1363Format", 32),
          "ecdsa-sha2-nistp384", new Curve("secp384r1", "SHA384withECDSAinP1363Format", 48),
          "ecdsa-sha2-nistp521", new Curve("secp521r1", "SHA512withECDSAinP1363Format", 66));

  private final byte[] blob;
  private final String type;
  private final PublicKey key;

  private SshKey(byte[] blob, String type, PublicKey key) {
    this.blob = blob;
    this.type = type;
    this.key = key;
  }

  /**
   * Reads a key.
   *
   * @throws SshWire.MalformedException for one that is none, weak, or of a sort that is not
   *     supported
   */
  static SshKey parse(byte[] blob) throws SshWire.MalformedException {
    SshWire wire = new SshWire(blob);
    String type = wire.text();
    try {
      PublicKey key = parse(type, wire);
      wire.end();
      return new SshKey(blob.clone(), type, key);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new SshWire.MalformedException("it is no valid key of type " + printable(type));
    }
  }

  private static PublicKey parse(String type, SshWire wire)
      throws SshWire.MalformedException, GeneralSecurityException {
    if (type.equals("ssh-ed25519")) {
      byte[] point = wire.string();
      if (point.length != 32) {
        throw new SshWire.MalformedException("an Ed25519 key has 32 bytes");
      }
      byte[] encoded = Arrays.copyOf(ED25519_PREFIX, ED25519_PREFIX.length + point.length);
      System.arraycopy(point, 0, encoded, ED25519_PREFIX.length, point.length);
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    } else if (type.equals("ssh-rsa")) {
      BigInteger exponent = new BigInteger(wire.string());
      BigInteger modulus = new BigInteger(wire.string());
      int bits = modulus.bitLength();
      if (modulus.signum() <= 0 || bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
        throw new SshWire.MalformedException(
            "an RSA key has %d to %d bits, not %d".formatted(MIN_RSA_BITS, MAX_RSA_BITS, bits));
      }
      return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
    }
    Curve curve = CURVES.get(type);
    if (curve == null) {
      throw new SshWire.MalformedException(
          "keys of type "
              + printable(type)
              + " are not supported; use ssh-ed25519, ssh-rsa or ecdsa-sha2-nistp256, -384, -521");
    }
    wire.string();
    byte[] point = wire.string();
    int size = curve.bytes();
    if (point.length != 1 + 2 * size || point[0] != 4) {
      throw new SshWire.MalformedException("its point is not in the uncompressed form");
    }
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec(curve.name()));
    ECPoint xy =
        new ECPoint(new BigInteger(1, point, 1, size), new BigInteger(1, point, 1 + size, size));
    return KeyFactory.getInstance("EC")
        .generatePublic(
            new ECPublicKeySpec(xy, parameters.getParameterSpec(ECParameterSpec.class)));
  }

  private static String printable(String type) {
    return "'"
        + type.replaceAll("[^\\x21-\\x7e]", "?").substring(0, Math.min(type.length(), 60))
        + "'";
  }

  /** The type that starts its line in a file. */
  String type() {
    return type;
  }

  boolean is(byte[] other) {
    return Arrays.equals(blob, other);
  }

  /** {@code SHA256:…}, as OpenSSH shows it. */
  static String fingerprint(byte[] blob) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(blob);
      return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /**
   * Whether this key made the signature.
   *
   * @param signature its algorithm and bytes
   * @throws SshWire.MalformedException when it is no signature of this type of key, or one with a
   *     hash that is not trusted any more
   */
  boolean verifies(byte[] data, byte[] signature) throws SshWire.MalformedException {
    SshWire wire = new SshWire(signature);
    String algorithm = wire.text();
    byte[] bytes = wire.string();
    wire.end();
    try {
      Signature verifier = Signature.getInstance(javaName(algorithm));
      verifier.initVerify(key);
      verifier.update(data);
      Curve curve = CURVES.get(type);
      return verifier.verify(curve == null ? bytes : concatenated(bytes, curve.bytes()));
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private String javaName(String algorithm) throws SshWire.MalformedException {
    Curve curve = CURVES.get(type);
    if (curve != null && algorithm.equals(type)) {
      return curve.algorithm();
    } else if (type.equals("ssh-rsa") && algorithm.equals("rsa-sha2-256")) {
      return "SHA256withRSA";
    } else if (type.equals("ssh-rsa") && algorithm.equals("rsa-sha2-512")) {
      return "SHA512withRSA";
    } else if (type.equals("ssh-ed25519") && algorithm.equals(type)) {
      return "Ed25519";
    }
    throw new SshWire.MalformedException(
        "the algorithm " + printable(algorithm) + " is not trusted for a key of type " + type);
  }

  /** From two numbers with their lengths (RFC 5656) to two of equal length. */
  private static byte[] concatenated(byte[] signature, int size) throws SshWire.MalformedException {
    SshWire wire = new SshWire(signature);
    byte[] both = new byte[2 * size];
    for (int i = 1; i <= 2; i++) {
      byte[] number = wire.string();
      int from = 0;
      while (from < number.length && number[from] == 0) {
        from++;
      }
      int length = number.length - from;
      if (length > size) {
        throw new SshWire.MalformedException("a number in it is too long");
      }
      System.arraycopy(number, from, both, i * size - length, length);
    }
    wire.end();
    return both;
  }
}
