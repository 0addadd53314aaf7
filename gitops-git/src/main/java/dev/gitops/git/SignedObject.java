// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A commit or tag, taken apart into what was signed and the signature. It is strict where Git is
 * not: whatever could make two readers see two different things in the same bytes is refused.
 *
 * @param payload the bytes that were signed
 * @param signature in its armor; at most {@link #MAX_SIGNATURE} characters
 * @param time when it was made, as the committer or tagger says
 * @param target the tree of a commit, the commit that a tag names
 */
@SuppressWarnings("ArrayRecordComponent") // neither compared nor handed out
record SignedObject(byte[] payload, String signature, Instant time, String target) {
  static final int MAX_SIGNATURE = 64 << 10;

  private static final Pattern PERSON = Pattern.compile("[^\\n]*> (\\d{1,12}) [+-]\\d{4}");
  private static final Pattern ID = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern TAG_SIGNATURE =
      Pattern.compile(
          "^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----$",
          Pattern.MULTILINE);

  /**
   * Takes a commit apart.
   *
   * @throws UntrustedException when it is not signed, or not formed as Git forms it
   */
  static SignedObject commit(byte[] raw) throws UntrustedException {
    return new CommitReader(raw).read();
  }

  /**
   * Takes an annotated tag apart.
   *
   * @param name what it must call itself: a tag that was signed as another must not count
   * @throws UntrustedException when it is not signed, not this tag, or not of a commit
   */
  static SignedObject tag(byte[] raw, String name) throws UntrustedException {
    String text = new String(raw, ISO_8859_1);
    int body = text.indexOf("\n\n");
    String[] headers = (body < 0 ? text : text.substring(0, body)).split("\n", -1);
    String utf8Name = new String(name.getBytes(UTF_8), ISO_8859_1);
    if (headers.length != 4
        || !headers[0].startsWith("object ")
        || !ID.matcher(headers[0].substring(7)).matches()
        || !headers[2].startsWith("tag ")
        || !headers[3].startsWith("tagger ")) {
      throw new UntrustedException("the tag is not formed as Git forms tags");
    }
    if (!headers[1].equals("type commit")) {
      throw new UntrustedException("the tag is not of a commit itself");
    }
    if (!headers[2].equals("tag " + utf8Name)) {
      throw new UntrustedException(
          "it was signed as another tag, '" + headers[2].substring(4) + "'");
    }
    Matcher armor = TAG_SIGNATURE.matcher(text);
    // The last one, as Git has it: what comes before belongs to the message, and is signed.
    int start = -1;
    while (armor.find()) {
      start = armor.start();
    }
    if (start < body) {
      throw new UntrustedException("the tag is not signed");
    }
    return new SignedObject(
        text.substring(0, start).getBytes(ISO_8859_1),
        bounded(text.substring(start)),
        time(headers[3]),
        headers[0].substring(7));
  }

  private static String bounded(String signature) throws UntrustedException {
    if (signature.length() > MAX_SIGNATURE) {
      throw tooLong();
    }
    return signature;
  }

  private static UntrustedException tooLong() {
    return new UntrustedException(
        "its signature has more than %,d characters".formatted(MAX_SIGNATURE));
  }

  private static Instant time(@Nullable String person) throws UntrustedException {
    Matcher time = PERSON.matcher(person == null ? "" : person);
    try {
      if (time.matches()) {
        return Instant.ofEpochSecond(Long.parseLong(time.group(1)));
      }
    } catch (DateTimeException e) {
      throw new UntrustedException("it does not say when it was made");
    }
    throw new UntrustedException("it does not say when it was made");
  }

  /** Goes through the headers of a commit, line by line. */
  private static final class CommitReader {
    private final byte[] raw;
    private final ByteArrayOutputStream payload;
    private final StringBuilder signature = new StringBuilder();
    private int signatures;
    private @Nullable String tree;
    private @Nullable String committer;

    CommitReader(byte[] raw) {
      this.raw = raw;
      this.payload = new ByteArrayOutputStream(raw.length);
    }

    SignedObject read() throws UntrustedException {
      int at = 0;
      boolean inSignature = false;
      while (at < raw.length && raw[at] != '\n') {
        int end = at;
        while (end < raw.length && raw[end] != '\n') {
          end++;
        }
        if (end == raw.length) {
          throw new UntrustedException("the commit is not formed as Git forms commits");
        }
        String line = new String(raw, at, end - at, ISO_8859_1);
        inSignature = inSignature && line.startsWith(" ");
        if (inSignature) {
          signature.append(line, 1, line.length()).append('\n');
          if (signature.length() > MAX_SIGNATURE) {
            throw tooLong();
          }
        } else if (line.startsWith("gpgsig ")) {
          inSignature = true;
          signatures++;
          signature.append(line, "gpgsig ".length(), line.length()).append('\n');
        } else {
          header(line, at);
          payload.write(raw, at, end + 1 - at);
        }
        at = end + 1;
      }
      payload.write(raw, at, raw.length - at);
      if (signatures == 0) {
        throw new UntrustedException("it is not signed");
      } else if (signatures > 1 || tree == null) {
        throw new UntrustedException("it has more than one signature, or none of its own content");
      }
      return new SignedObject(payload.toByteArray(), signature.toString(), time(committer), tree);
    }

    private void header(String line, int at) throws UntrustedException {
      boolean first = at == 0;
      if (first != line.startsWith("tree ")
          || (first && !ID.matcher(line.substring("tree ".length())).matches())) {
        throw new UntrustedException("the commit is not formed as Git forms commits");
      } else if (first) {
        tree = line.substring("tree ".length());
      } else if (line.startsWith("gpgsig")) {
        throw new UntrustedException("it has more than one signature, or one of another sort");
      } else if (line.startsWith("committer ")) {
        if (committer != null) {
          throw new UntrustedException("it has more than one committer");
        }
        committer = line.substring("committer ".length());
      } else if (line.startsWith("parent ") && committer != null) {
        throw new UntrustedException("the commit is not formed as Git forms commits");
      }
    }
  }
}
