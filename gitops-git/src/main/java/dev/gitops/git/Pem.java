// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keys and certificates as text. Messages name where the text is from, never the text. */
final class Pem {
  private static final int MAX_BYTES = 1 << 20;
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");

  /** What PKCS#8 puts before an RSA key: version 0, and the algorithm's identifier. */
  private static final byte[] RSA = {
    0x02,
    0x01,
    0x00,
    0x30,
    0x0d,
    0x06,
    0x09,
    0x2a,
    (byte) 0x86,
    0x48,
    (byte) 0x86,
    (byte) 0xf7,
    0x0d,
    0x01,
    0x01,
    0x01,
    0x05,
    0x00
  };

  private Pem() {}

  /**
   * The text of a file.
   *
   * @throws UncheckedIOException with a message that says which file, and what to do
   */
  static String read(Path file) {
    try (InputStream from = Files.newInputStream(file)) {
      byte[] bytes = from.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException(file + " is larger than a key or certificate can be");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new UncheckedIOException(new IOException("there is no file " + file));
    } catch (IOException e) {
      throw new UncheckedIOException(new IOException(file + ": " + e.getMessage()));
    }
  }

  /** All certificates in a text, at least one. */
  static List<X509Certificate> certificates(String text, String from) throws AccessException {
    try {
      List<X509Certificate> all =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (!all.isEmpty()) {
        return all;
      }
    } catch (CertificateException e) {
      // Told below: the parser's own words may quote what it was given.
    }
    throw new AccessException("There are no certificates in PEM format in " + from);
  }

  /** The private key in a text, in the form of PKCS#8, or of PKCS#1 as GitHub has it. */
  static PrivateKey privateKey(String text, String from) throws AccessException {
    Matcher found = KEY.matcher(text);
    if (!found.find()) {
      throw new AccessException(
          "There is no private key in PEM format in %s; an encrypted one is not accepted"
              .formatted(from));
    }
    byte[] bytes;
    try {
      bytes = Base64.getMimeDecoder().decode(found.group(2));
    } catch (IllegalArgumentException e) {
      throw new AccessException("The private key in %s is damaged".formatted(from));
    }
    return switch (found.group(1)) {
      case "PRIVATE KEY" -> decode(bytes, from, "RSA", "EC", "EdDSA");
      case "RSA PRIVATE KEY" -> decode(wrapped(bytes), from, "RSA");
      default ->
          throw new AccessException(
              "The key in %s is of the sort '%s'; convert it: openssl pkcs8 -topk8 -nodes"
                  .formatted(from, found.group(1)));
    };
  }

  private static PrivateKey decode(byte[] bytes, String from, String... algorithms)
      throws AccessException {
    List<String> tried = new ArrayList<>();
    for (String algorithm : algorithms) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
      } catch (InvalidKeySpecException e) {
        tried.add(algorithm);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
    throw new AccessException(
        "The private key in %s is damaged, or none of %s".formatted(from, tried));
  }

  private static byte[] wrapped(byte[] pkcs1) {
    byte[] octets = der(0x04, pkcs1);
    byte[] inner = new byte[RSA.length + octets.length];
    System.arraycopy(RSA, 0, inner, 0, RSA.length);
    System.arraycopy(octets, 0, inner, RSA.length, octets.length);
    return der(0x30, inner);
  }

  private static byte[] der(int tag, byte[] content) {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    result.write(tag);
    byte[] length = BigInteger.valueOf(content.length).toByteArray();
    if (content.length >= 0x80) {
      int from = length[0] == 0 ? 1 : 0;
      result.write(0x80 | (length.length - from));
      result.write(length, from, length.length - from);
    } else {
      result.write(length[0]);
    }
    result.writeBytes(content);
    return result.toByteArray();
  }
}
