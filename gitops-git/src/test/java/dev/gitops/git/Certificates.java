// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A private authority with a server and a client, made by keytool; and a stranger. */
final class Certificates {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static Certificates made;

  final Path authority;
  final Path client;
  final Path clientKey;
  final Path strangerKey;
  private final KeyStore keys;

  private Certificates(Path directory) throws Exception {
    Path store = directory.resolve("keys.p12");
    keytool(store, "ca", "CN=Our Authority", "-ext", "bc:critical");
    keytool(
        store, "server", "CN=server", "-signer", "ca", "-ext", "SAN=dns:localhost,dns:git.example");
    keytool(store, "client", "CN=client", "-signer", "ca");
    keytool(store, "stranger", "CN=localhost", "-ext", "SAN=dns:localhost");
    keys = KeyStore.getInstance("PKCS12");
    try (InputStream from = Files.newInputStream(store)) {
      keys.load(from, PASSWORD);
    }
    authority = directory.resolve("ca.pem");
    Files.writeString(authority, pem("CERTIFICATE", keys.getCertificate("ca").getEncoded()));
    client = directory.resolve("client.pem");
    StringBuilder chain = new StringBuilder();
    for (Certificate certificate : keys.getCertificateChain("client")) {
      chain.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    Files.writeString(client, chain);
    clientKey = key(directory, "client");
    strangerKey = key(directory, "stranger");
  }

  /** The same ones for all tests: keytool takes its time. */
  static synchronized Certificates get() throws Exception {
    if (made == null) {
      Path directory = Files.createTempDirectory("gitops-certificates");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
      made = new Certificates(directory);
    }
    return made;
  }

  private static void delete(Path directory) {
    try {
      CloneDirectory.delete(directory);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void keytool(Path store, String alias, String name, String... more)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(
        List.of("-genkeypair", "-alias", alias, "-dname", name, "-keyalg", "EC", "-validity", "9"));
    command.addAll(List.of("-keystore", store.toString(), "-storepass", new String(PASSWORD)));
    command.addAll(List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IllegalStateException(output);
    }
  }

  private Path key(Path directory, String alias) throws Exception {
    Key key = keys.getKey(alias, PASSWORD);
    Path file = directory.resolve(alias + ".key");
    return Files.writeString(file, pem("PRIVATE KEY", key.getEncoded()));
  }

  static String pem(String type, byte[] content) {
    return "-----BEGIN %s-----\n%s\n-----END %1$s-----\n"
        .formatted(type, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content));
  }

  /** What a server shows that is known by this name here, and whom it trusts: our authority. */
  SSLContext server(String alias) throws Exception {
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    own.setKeyEntry(alias, keys.getKey(alias, PASSWORD), PASSWORD, keys.getCertificateChain(alias));
    KeyManagerFactory shown =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    shown.init(own, PASSWORD);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", keys.getCertificate("ca"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(shown.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
