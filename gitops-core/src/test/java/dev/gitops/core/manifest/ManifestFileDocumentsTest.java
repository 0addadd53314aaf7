// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.ResourceId;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whole documents are taken out, put in and replaced, and the others stay as they are. */
class ManifestFileDocumentsTest {
  private static final ResourceId A = ResourceId.of("Topic", "a");
  private static final ResourceId B = ResourceId.of("Topic", "b");
  private static final ResourceId C = ResourceId.of("Topic", "c");

  private static String topic(String name, int partitions) {
    return "kind: Topic\nmetadata: {name: %s}\nspec: {partitions: %d}\n"
        .formatted(name, partitions);
  }

  private static ManifestFile file(String text) throws ManifestEditException {
    return file("a.yaml", text);
  }

  private static ManifestFile file(String path, String text) throws ManifestEditException {
    return ManifestFile.read(path, text.getBytes(UTF_8), ManifestReader.create());
  }

  private static String text(ManifestFile file) {
    return new String(file.content(), UTF_8);
  }

  @Test
  void aDocumentTakesThePlaceOfTheOneOfItsName() throws ManifestEditException {
    String first = "# licence\n" + topic("a", 1);
    String head = first + "--- # about b\n";
    String tail = "---\n# about c\n" + topic("c", 3);
    ManifestFile now = file(head + topic("b", 2) + tail);

    assertThat(text(now.with(file(topic("b", 5) + "# end"), B)))
        .isEqualTo(first + "---\n" + topic("b", 5) + "# end\n" + tail);
    assertThat(text(now.with(file("---\n# old a\n" + topic("a", 9)), A)))
        .isEqualTo("# old a\n" + topic("a", 9) + "--- # about b\n" + topic("b", 2) + tail);
    assertThat(text(now.with(file("--- {kind: Topic, metadata: {name: a}}"), A)))
        .isEqualTo(
            "--- {kind: Topic, metadata: {name: a}}\n--- # about b\n" + topic("b", 2) + tail);
    assertThat(text(now.with(file(topic("c", 7).strip()), C)))
        .isEqualTo(head + topic("b", 2) + "---\n" + topic("c", 7).strip());
  }

  @Test
  void aDocumentThatIsNotThereGoesBehindTheOthers() throws ManifestEditException {
    ManifestFile b = file("---\n" + topic("b", 2));

    assertThat(text(file(topic("a", 1)).with(b, B)))
        .isEqualTo(topic("a", 1) + "---\n" + topic("b", 2));
    assertThat(text(file(topic("a", 1).strip()).with(b, B)))
        .isEqualTo(topic("a", 1) + "---\n" + topic("b", 2));
    assertThat(text(file("").with(b, B))).isEqualTo(topic("b", 2));
    assertThat(text(file(topic("a", 1)).with(file(topic("b", 2).strip()), B)))
        .isEqualTo(topic("a", 1) + "---\n" + topic("b", 2));
  }

  @Test
  void aDocumentIsTakenOut() throws ManifestEditException {
    String a = "# licence\n---\n" + topic("a", 1);
    String b = "---\n# about b\n" + topic("b", 2);
    ManifestFile both = file(a + b);

    assertThat(text(both.without(B))).isEqualTo(a);
    assertThat(text(both.without(A))).isEqualTo("# licence\n" + b);
    assertThat(both.without(A).without(B).isEmpty()).isTrue();
    assertThat(both.without(A).isEmpty()).isFalse();
    assertThat(file("kind: [broken").isEmpty()).isFalse();
    assertThat(both.ids()).containsExactly(A, B);
  }

  @Test
  void lineEndsAreThoseOfTheFileThatItGoesInto() throws ManifestEditException {
    String windows = (topic("a", 1) + "---\n" + topic("b", 2)).replace("\n", "\r\n");

    assertThat(text(file(windows).with(file(topic("b", 5)), B)))
        .isEqualTo((topic("a", 1) + "---\n" + topic("b", 5)).replace("\n", "\r\n"));
    assertThat(text(file(topic("c", 1)).with(file(windows), B)))
        .isEqualTo(topic("c", 1) + "---\n" + topic("b", 2));
  }

  @Test
  void jsonDocumentsStandOneAfterTheOther() throws ManifestEditException {
    String a = "{\"kind\": \"Topic\", \"metadata\": {\"name\": \"a\"}}";
    String b = "{\"kind\": \"Topic\",\n \"metadata\": {\"name\": \"b\"}}";
    String b2 = "{\"kind\":\"Topic\",\"metadata\":{\"name\":\"b\",\"wave\":1}}";
    ManifestFile both = file("a.json", a + "\n" + b + "\n");

    assertThat(text(both.with(file("b.json", b2), B))).isEqualTo(a + "\n" + b2 + "\n");
    assertThat(text(both.without(A))).isEqualTo(b + "\n");
    assertThat(text(both.without(B))).isEqualTo(a + "\n");
    assertThat(text(file("a.json", a).with(file("b.json", b2), B))).isEqualTo(a + "\n" + b2 + "\n");
    assertThatThrownBy(() -> file("a.json", a).with(file(topic("b", 1)), B))
        .hasMessageContaining("JSON");
  }

  @Test
  void whatSharesADocumentIsRefused() throws ManifestEditException {
    DocumentShape lists =
        document -> {
          List<?> items = document.tree().at("/items").orElseThrow().items();
          for (int i = 0; i < items.size(); i++) {
            String name = document.tree().at("/items/" + i + "/name").orElseThrow().text();
            document.declare(ResourceId.of("Topic", name), Metadata.DEFAULT, "/items/" + i);
          }
        };
    String list = "items:\n- name: a\n  n: 1\n- name: b\n";
    ManifestFile file =
        ManifestFile.read("a.yaml", list.getBytes(UTF_8), ManifestReader.create().shape(lists));

    assertThatThrownBy(() -> file.without(A)).hasMessageContaining("a.yaml:2:3: Topic/a shares");
    assertThat(text(file.set(B, "/m", 2))).isEqualTo(list + "  m: 2\n");
    assertThatThrownBy(() -> file("%YAML 1.2\n---\n" + topic("a", 1)).without(A))
        .hasMessageContaining("directives");
  }

  @Test
  void whatCantBeReadIsSaid() {
    assertThatThrownBy(() -> file("kind: [").without(A))
        .hasMessageContaining("Topic/a is not declared in this file");
    assertThatThrownBy(
            () -> ManifestFile.read("a.yaml", new byte[] {(byte) 0xff}, ManifestReader.create()))
        .hasMessageContaining("a.yaml:1: Not UTF-8");
    assertThatThrownBy(
            () ->
                ManifestFile.read(
                    "a.yaml",
                    new byte[20],
                    ManifestReader.create().limits(Limits.DEFAULT.fileBytes(10))))
        .hasMessageContaining("limit of 10 bytes");
  }
}
