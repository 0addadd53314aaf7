// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * Keys whose signatures count, given by the program and never taken from the machine's keyring;
 * from them rules for {@link GitStateSourceBuilder#require} are made. What a rule does not let
 * through is held with the reason, the commit and the fingerprint of the key. Immutable and
 * thread-safe.
 *
 * <pre>{@code
 * Trust team = Trust.ssh(Path.of("allowed_signers")).or(Trust.openPgp(Path.of("keys.asc"), "0D69…"));
 * GitStateSource.of(url).branch("main").require(team.everyCommitSince("3f9a…"))
 * }</pre>
 *
 * <p>A file is read again at each fetch that has something to verify, so a key that is added to it
 * or removed from it counts, or ceases to, without a restart. A file that can't be read or
 * understood is a failed fetch. What a text says wrongly is an {@link IllegalArgumentException} at
 * once.
 *
 * <p>Whose key it is, is what the list of keys says: names and addresses in commits are not
 * believed.
 */
public final class Trust {
  private static final Pattern FINGERPRINT = Pattern.compile("[0-9A-F]{40}");
  private static final long MAX_FILE = 8 << 20;

  private final List<Source> sources;

  private Trust(List<Source> sources) {
    this.sources = sources;
  }

  /**
   * OpenPGP keys; needs {@code org.bouncycastle:bcpg-jdk18on} on the class path. SHA-1 and MD5, RSA
   * keys of less than 2,000 bits and DSA keys are refused. A key is judged at the time at which it
   * signed: what it signed before it expired counts. A key that was revoked as compromised, or
   * without a reason, does not count at all; one revoked as retired or superseded counts for what
   * it signed before.
   *
   * @param armoredKeys public keys, as {@code gpg --armor --export} writes them
   * @param fingerprints the keys among them that count: 40 hexadecimal digits, blanks allowed. The
   *     fingerprint of a primary key stands for all its signing subkeys, that of a subkey for
   *     itself only
   * @throws IllegalArgumentException without fingerprints, or with one that is none
   * @throws IllegalStateException when Bouncy Castle is missing
   */
  public static Trust openPgp(Path armoredKeys, String... fingerprints) {
    Set<String> listed = fingerprints(fingerprints);
    requireBouncyCastle();
    return new Trust(
        List.of(new Source(armoredKeys, "", text -> new OpenPgpKeyring(text, listed))));
  }

  /** The same, with the keys themselves instead of a file. */
  public static Trust openPgp(String armoredKeys, String... fingerprints) {
    Set<String> listed = fingerprints(fingerprints);
    requireBouncyCastle();
    return fixed(armoredKeys, text -> new OpenPgpKeyring(text, listed));
  }

  /**
   * SSH keys: Ed25519, RSA of 2,048 bits or more, ECDSA. Certificates and keys in hardware tokens
   * ({@code sk-…}) are refused when the file is read. The options {@code valid-after} and {@code
   * valid-before} are judged at the time that the committer states, as Git does it: to end trust in
   * a stolen key, remove its line.
   *
   * @param allowedSigners in the form that ssh-keygen(1) describes, as for Git's {@code
   *     gpg.ssh.allowedSignersFile}
   */
  public static Trust ssh(Path allowedSigners) {
    return new Trust(List.of(new Source(allowedSigners, "", AllowedSigners::parse)));
  }

  /** The same, with the lines themselves instead of a file. */
  public static Trust ssh(String allowedSigners) {
    return fixed(allowedSigners, AllowedSigners::parse);
  }

  private static Trust fixed(String text, Parser parser) {
    parser.parse(text);
    return new Trust(List.of(new Source(null, text, parser)));
  }

  /** These keys, and those. */
  public Trust or(Trust other) {
    return new Trust(Stream.concat(sources.stream(), other.sources.stream()).toList());
  }

  /**
   * The commit that is used must be signed; those before it need not be: whoever signs a commit
   * vouches for the state of all files in it.
   */
  public RevisionRule head() {
    return new SignatureRule(this, SignatureRule.Mode.HEAD, ObjectId.zeroId());
  }

  /**
   * The source must follow a tag, and the tag must be annotated and signed under its own name; the
   * commit need not be. Together with {@link #head} both must be.
   */
  public RevisionRule tag() {
    return new SignatureRule(this, SignatureRule.Mode.TAG, ObjectId.zeroId());
  }

  /**
   * Every commit must be signed that came in, over any parent of a merge, since the one that was
   * accepted last, and since the trust root; the commit that is used must descend from the root. So
   * one commit without a signature holds all that are built on it, until a person confirms one of
   * them.
   *
   * @param trustRoot the full id of a commit that is trusted with all that is in it, such as the
   *     last one before signing began
   * @throws IllegalArgumentException for anything but 40 hexadecimal digits
   */
  public RevisionRule everyCommitSince(String trustRoot) {
    if (!ObjectId.isId(trustRoot)) {
      throw new IllegalArgumentException(
          "A trust root is the full id of a commit, 40 hexadecimal digits, not '"
              + trustRoot
              + "'");
    }
    return new SignatureRule(this, SignatureRule.Mode.EVERY_COMMIT, ObjectId.fromString(trustRoot));
  }

  /** The keys as they are now. */
  List<Keyring> keys() throws IOException {
    List<Keyring> keys = new ArrayList<>();
    for (Source source : sources) {
      keys.add(source.current());
    }
    return List.copyOf(keys);
  }

  private static Set<String> fingerprints(String... fingerprints) {
    Set<String> listed = new TreeSet<>();
    for (String text : fingerprints) {
      String fingerprint = text.replace(" ", "").toUpperCase(Locale.ROOT);
      if (!FINGERPRINT.matcher(fingerprint).matches()) {
        throw new IllegalArgumentException(
            "The fingerprint of an OpenPGP key has 40 hexadecimal digits, not '"
                + text
                + "'; a short key id can be forged");
      }
      listed.add(fingerprint);
    }
    if (listed.isEmpty()) {
      throw new IllegalArgumentException(
          "Name the fingerprints of the OpenPGP keys that count; a keyring alone is no list");
    }
    return listed;
  }

  private static void requireBouncyCastle() {
    try {
      Class.forName(
          "org.bouncycastle.openpgp.api.OpenPGPCertificate", false, Trust.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "To verify OpenPGP signatures put org.bouncycastle:bcpg-jdk18on on the class path", e);
    }
  }

  @FunctionalInterface
  private interface Parser {
    Keyring parse(String text);
  }

  /** Where a list of keys stands, and what was last read of it. */
  private static final class Source {
    private final @Nullable Path file;
    private final Parser parser;
    private String text;
    private @Nullable Keyring parsed;

    Source(@Nullable Path file, String text, Parser parser) {
      this.file = file;
      this.text = text;
      this.parser = parser;
    }

    /** The same instance as long as the text is the same. */
    synchronized Keyring current() throws IOException {
      String now = file == null ? text : read(file);
      Keyring known = parsed;
      if (known == null || !now.equals(text)) {
        try {
          known = parser.parse(now);
        } catch (IllegalArgumentException e) {
          throw new IOException("The keys in " + file + " can't be used: " + e.getMessage(), e);
        }
        parsed = known;
        text = now;
      }
      return known;
    }

    private static String read(Path file) throws IOException {
      if (Files.size(file) > MAX_FILE) {
        throw new IOException(
            "The keys in " + file + " are more than %,d bytes".formatted(MAX_FILE));
      }
      return Files.readString(file);
    }
  }
}
