// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.bcpg.KeyIdentifier;
import org.bouncycastle.bcpg.PacketTags;
import org.bouncycastle.bcpg.SignaturePacket;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPPublicKeyRingCollection;
import org.bouncycastle.openpgp.PGPRuntimeOperationException;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.api.OpenPGPCertificate;
import org.bouncycastle.openpgp.api.OpenPGPCertificate.OpenPGPComponentKey;
import org.bouncycastle.openpgp.api.OpenPGPCertificate.OpenPGPComponentSignature;
import org.bouncycastle.openpgp.api.OpenPGPDefaultPolicy;
import org.bouncycastle.openpgp.api.OpenPGPImplementation;
import org.bouncycastle.openpgp.api.OpenPGPSignature.OpenPGPDocumentSignature;
import org.bouncycastle.openpgp.api.bc.BcOpenPGPImplementation;
import org.bouncycastle.openpgp.bc.BcPGPObjectFactory;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.jspecify.annotations.Nullable;

/**
 * OpenPGP keys, of which those count whose fingerprint, or the fingerprint of whose primary key, is
 * listed. Nothing of the machine's own keyring is read.
 *
 * <p>A key is judged at the time at which the signature says it was made: an expired key still
 * vouches for what it signed before, since an expiry is a plan, not an alarm. A key that was
 * revoked as compromised, or without a reason, vouches for nothing, whenever it signed; one that
 * was revoked as retired or superseded does for what it signed before.
 */
final class OpenPgpKeyring implements Keyring {
  private static final String BEGIN = "-----BEGIN PGP SIGNATURE-----";
  private static final Duration CLOCK_SKEW = Duration.ofDays(1);
  private static final OpenPGPImplementation BC = new BcOpenPGPImplementation();
  private static final OpenPGPDefaultPolicy POLICY = new StrictPolicy();

  private final List<OpenPGPCertificate> certificates = new ArrayList<>();
  private final Set<String> fingerprints;

  /**
   * Reads keys.
   *
   * @param armored one or more blocks of public keys, as {@code gpg --armor --export} writes them
   * @param fingerprints in upper case hexadecimal digits
   * @throws IllegalArgumentException when they can't be read, or a fingerprint is of none of them
   */
  OpenPgpKeyring(String armored, Set<String> fingerprints) {
    this.fingerprints = Set.copyOf(fingerprints);
    Set<String> missing = new TreeSet<>(fingerprints);
    for (String block : blocks(armored)) {
      try (var in = PGPUtil.getDecoderStream(new ByteArrayInputStream(block.getBytes(UTF_8)))) {
        var rings = new PGPPublicKeyRingCollection(in, new BcKeyFingerprintCalculator());
        for (PGPPublicKeyRing ring : rings) {
          OpenPGPCertificate certificate = new OpenPGPCertificate(ring, BC, POLICY);
          certificates.add(certificate);
          certificate.getKeys().forEach(key -> missing.remove(fingerprint(key)));
        }
      } catch (IOException | PGPException | RuntimeException e) {
        throw new IllegalArgumentException("The OpenPGP keys can't be read: " + e.getMessage(), e);
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException("There is no OpenPGP key " + String.join(", ", missing));
    }
  }

  /** What {@code gpg --export} of one key after the other gives: block after block. */
  private static List<String> blocks(String armored) {
    String end = "-----END PGP PUBLIC KEY BLOCK-----";
    List<String> blocks = new ArrayList<>();
    int at = 0;
    for (int to = armored.indexOf(end); to >= 0; to = armored.indexOf(end, at)) {
      blocks.add(armored.substring(at, to + end.length()).stripLeading() + "\n");
      at = to + end.length();
    }
    if (!armored.substring(at).isBlank()) {
      throw new IllegalArgumentException(
          "The OpenPGP keys can't be read: they are not in the form of gpg --armor --export");
    }
    return blocks;
  }

  /**
   * Refuses MD5, SHA-1 and RIPEMD-160 for everything but revocations, which are better believed.
   */
  private static final class StrictPolicy extends OpenPGPDefaultPolicy {
    StrictPolicy() {
      rejectHashAlgorithm(HashAlgorithmTags.MD5);
      rejectHashAlgorithm(HashAlgorithmTags.SHA1);
      rejectHashAlgorithm(HashAlgorithmTags.RIPEMD160);
    }

    @Override
    public boolean isAcceptableRevocationSignatureHashAlgorithm(int algorithm, Date made) {
      return true;
    }
  }

  private static String fingerprint(OpenPGPComponentKey key) {
    return HexFormat.of().withUpperCase().formatHex(key.getPGPPublicKey().getFingerprint());
  }

  @Override
  public boolean reads(String signature) {
    return signature.stripLeading().startsWith(BEGIN);
  }

  @Override
  public Signer verify(SignedObject object) throws UntrustedException {
    PGPSignature signature = parse(object.signature());
    UntrustedException reason = null;
    for (KeyIdentifier id : signature.getKeyIdentifiers()) {
      for (OpenPGPCertificate certificate : certificates) {
        OpenPGPComponentKey key = certificate.getKey(id);
        if (key != null && isListed(key)) {
          try {
            return verify(object, signature, key);
          } catch (UntrustedException e) {
            reason = e;
          }
        } else if (key != null && reason == null) {
          reason =
              UntrustedException.unknownKey(
                  "the key %s of %s is in the keyring, but not on the list of fingerprints"
                      .formatted(fingerprint(key), owner(certificate)));
        }
      }
    }
    throw reason == null ? unknown(signature) : reason;
  }

  private static UntrustedException unknown(PGPSignature signature) {
    List<String> ids =
        signature.getKeyIdentifiers().stream()
            .map(
                id ->
                    id.getFingerprint() == null
                        ? Long.toHexString(id.getKeyId()).toUpperCase(Locale.ROOT)
                        : HexFormat.of().withUpperCase().formatHex(id.getFingerprint()))
            .distinct()
            .toList();
    return UntrustedException.unknownKey(
        ids.isEmpty()
            ? "its signature names no key"
            : "the key " + ids.get(0) + " is not among the trusted ones");
  }

  private static PGPSignature parse(String armored) throws UntrustedException {
    try (var in = PGPUtil.getDecoderStream(new ByteArrayInputStream(armored.getBytes(UTF_8)))) {
      byte[] packet = in.readNBytes(SignedObject.MAX_SIGNATURE);
      requireOnePacket(packet);
      if (new BcPGPObjectFactory(packet).nextObject() instanceof PGPSignatureList list
          && list.size() == 1) {
        return list.get(0);
      }
    } catch (IOException | RuntimeException e) {
      // Whatever the parser makes of bytes that anyone may have sent: it is no signature.
      throw new UntrustedException("its OpenPGP signature can't be read");
    }
    throw new UntrustedException("its OpenPGP signature can't be read");
  }

  /**
   * One signature of version 4 and nothing else: the parser would make room for whatever length the
   * packets of other versions claim to have.
   */
  private static void requireOnePacket(byte[] packet) throws UntrustedException {
    int first = packet.length < 6 ? 0 : packet[0] & 0xff;
    boolean old = (first & 0xc0) == 0x80;
    int tag = old ? (first >> 2) & 0xf : first & 0x3f;
    if ((first & 0x80) == 0 || tag != PacketTags.SIGNATURE) {
      throw new UntrustedException("its OpenPGP signature can't be read");
    }
    int size = packet[1] & 0xff;
    int header = 2;
    if (old ? (first & 3) == 1 : size >= 192 && size < 224) {
      size =
          old ? (size << 8) | (packet[2] & 0xff) : ((size - 192) << 8) + (packet[2] & 0xff) + 192;
      header = 3;
    } else if (old ? (first & 3) != 0 : size >= 192) {
      throw new UntrustedException("its OpenPGP signature has an unusual length");
    }
    if (packet.length != header + size) {
      throw new UntrustedException("it has more than one OpenPGP signature, or not all of one");
    } else if (packet[header] != SignaturePacket.VERSION_4) {
      throw new UntrustedException("only version 4 of OpenPGP signatures is supported");
    }
  }

  private boolean isListed(OpenPGPComponentKey key) {
    OpenPGPComponentKey primary = key.getCertificate().getPrimaryKey();
    return fingerprints.contains(fingerprint(key)) || fingerprints.contains(fingerprint(primary));
  }

  private static Signer verify(SignedObject object, PGPSignature signature, OpenPGPComponentKey key)
      throws UntrustedException {
    String who = "the key %s of %s".formatted(fingerprint(key), owner(key.getCertificate()));
    if (signature.getSignatureType() != PGPSignature.BINARY_DOCUMENT) {
      throw new UntrustedException("its signature by " + who + " is of another sort");
    } else if (!POLICY.hasAcceptableDocumentSignatureHashAlgorithm(signature)) {
      throw new UntrustedException(
          "its signature by " + who + " uses a hash that is not trusted (SHA-1, MD5)");
    }
    OpenPGPDocumentSignature document = new OpenPGPDocumentSignature(signature, key);
    try {
      signature.init(BC.pgpContentVerifierBuilderProvider(), key.getPGPPublicKey());
      signature.update(object.payload());
      if (!document.verify()) {
        throw new UntrustedException("its signature by " + who + " is not of this content");
      }
      requireGood(document, key, who);
      return new Signer(owner(key.getCertificate()), fingerprint(key));
    } catch (PGPException | PGPRuntimeOperationException e) {
      throw new UntrustedException(
          "its signature by " + who + " does not count: " + e.getMessage());
    }
  }

  private static void requireGood(
      OpenPGPDocumentSignature document, OpenPGPComponentKey key, String who)
      throws UntrustedException, PGPException {
    Instant made = instant(document.getCreationTime());
    Instant now = Instant.now();
    if (made.isAfter(now.plus(CLOCK_SKEW))) {
      throw new UntrustedException(
          "its signature by %s is from the future: %s".formatted(who, made));
    }
    OpenPGPComponentSignature revocation = revocation(key, made);
    if (revocation != null) {
      throw new UntrustedException(
          who + " was revoked at " + instant(revocation.getCreationTime()));
    }
    Instant expiry = expiry(key, made);
    if (!made.isBefore(expiry)) {
      throw new UntrustedException(
          "%s expired at %s, and it was signed at %s".formatted(who, expiry, made));
    }
    Instant end = instant(document.getExpirationTime());
    if (!now.isBefore(end)) {
      throw new UntrustedException("its signature by " + who + " expired at " + end);
    }
    if (!document.isValidAt(Date.from(made), POLICY)) {
      throw new UntrustedException(who + " may not sign, or what says so is missing or too weak");
    }
  }

  /** A subkey is of no use without its primary key. */
  private static Instant expiry(OpenPGPComponentKey key, Instant made) {
    OpenPGPComponentKey primaryKey = key.getCertificate().getPrimaryKey();
    Instant own = instant(key.getKeyExpirationDateAt(Date.from(made)));
    Instant primary = instant(primaryKey.getKeyExpirationDateAt(Date.from(made)));
    return primary.isBefore(own) ? primary : own;
  }

  @SuppressWarnings("JavaUtilDate") // Bouncy Castle's
  private static Instant instant(@Nullable Date end) {
    return end == null ? Instant.MAX : end.toInstant();
  }

  private static @Nullable OpenPGPComponentSignature revocation(
      OpenPGPComponentKey key, Instant made) {
    OpenPGPComponentSignature own = key.getRevocation(Date.from(made));
    return own == null ? key.getCertificate().getRevocation(Date.from(made)) : own;
  }

  private static String owner(OpenPGPCertificate certificate) {
    var user = certificate.getPrimaryUserId();
    return user == null ? "an unnamed owner" : user.getUserId();
  }
}
