// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads the data types of RFC 4251, section 5, from bytes that anyone may have sent. Never reads
 * beyond them, and never takes more memory than they have.
 */
final class SshWire {
  private final ByteBuffer bytes;

  SshWire(byte[] bytes) {
    this.bytes = ByteBuffer.wrap(bytes);
  }

  /** The bytes are not what they should be. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1;

    MalformedException(String message) {
      super(message, null, false, false);
    }
  }

  byte[] raw(int length) throws MalformedException {
    if (length < 0 || length > bytes.remaining()) {
      throw new MalformedException("it ends too early");
    }
    byte[] result = new byte[length];
    bytes.get(result);
    return result;
  }

  int number() throws MalformedException {
    try {
      return bytes.getInt();
    } catch (BufferUnderflowException e) {
      throw new MalformedException("it ends too early");
    }
  }

  byte[] string() throws MalformedException {
    return raw(number());
  }

  String text() throws MalformedException {
    return new String(string(), StandardCharsets.ISO_8859_1);
  }

  void end() throws MalformedException {
    if (bytes.hasRemaining()) {
      throw new MalformedException("something follows its end");
    }
  }

  /** Strings, each with its length, one after the other. */
  static void write(ByteArrayOutputStream to, byte[] string) {
    to.writeBytes(ByteBuffer.allocate(4).putInt(string.length).array());
    to.writeBytes(string);
  }
}
