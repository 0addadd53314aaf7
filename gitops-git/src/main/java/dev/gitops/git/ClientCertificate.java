// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/** What a client shows in TLS: two files in PEM. */
record ClientCertificate(Path chain, Path privateKey) {
  KeyManager[] managers() throws IOException {
    List<X509Certificate> certificates =
        Pem.certificates(
            AccessException.ask("client certificate", () -> Pem.read(chain)), chain.toString());
    PrivateKey key =
        Pem.privateKey(
            AccessException.ask("key of the client certificate", () -> Pem.read(privateKey)),
            privateKey.toString());
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      // In memory only, so that a password would protect nothing.
      char[] none = new char[0];
      store.setKeyEntry("client", key, none, certificates.toArray(new Certificate[0]));
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, none);
      return factory.getKeyManagers();
    } catch (GeneralSecurityException e) {
      throw new AccessException(
          "The client certificate in %s does not go with the key in %s: %s"
              .formatted(chain, privateKey, e.getMessage()));
    }
  }
}
