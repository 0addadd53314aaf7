// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** After an edit the file says what it said, but for that field; other lines are the same bytes. */
class FieldEditPropertiesTest {
  private static final ResourceId ID = ResourceId.of("Topic", "orders");
  private static final String[] TEXTS = {
    "plain",
    "no",
    "1e3",
    "0x1",
    "2001-01-01",
    " lead",
    "a: b",
    "a #b",
    "",
    "x\ny\n",
    "\n",
    "é𝄞",
    "- a",
    "it's",
    "\"",
    "a\tb",
    "\u0007",
    "12:30:45",
    "=",
    "<<",
    "{a}",
    "a,b",
    "~",
    "---",
    "1_0"
  };

  private final List<String> pointers = new ArrayList<>();

  @Property(tries = 2_000, seed = "4711")
  void oneFieldChangesAndNothingElse(@ForAll long seed) throws ManifestEditException {
    Random random = new Random(seed);
    pointers.clear();
    String text = file(random);
    String pointer = pointers.get(random.nextInt(pointers.size()));
    Object value = value(random, 2);
    if (random.nextInt(4) == 0) {
      text = text.replace("\n", "\r\n");
    }
    if (random.nextInt(4) == 0) {
      text = text.stripTrailing();
    }
    Tree before = read(text);
    Tree expected =
        Tree.of(FieldTree.with(before.value(), Pointer.tokens(pointer), Tree.of(value).value()));

    ManifestFile file = ManifestFile.read("a.yaml", text.getBytes(UTF_8), reader());
    String after;
    try {
      after = new String(file.set(ID, pointer, value).content(), UTF_8);
    } catch (ManifestEditException e) {
      // The one thing that these files have and that is refused.
      assertThat(e)
          .as("%s set %s to %s", text, pointer, Tree.of(value))
          .hasMessageContaining("keeps its blank lines");
      return;
    }

    assertThat(read(after)).as(after).isEqualTo(expected);
    assertUntouched(text, after, pointer);
  }

  private static ManifestReader reader() {
    return ManifestReader.create();
  }

  private static Tree read(String text) {
    return Tree.of(Map.of("spec", declarations(text).documents().get(0).resource().spec()));
  }

  private static Declarations declarations(String text) {
    Declarations read = reader().read("a.yaml", text.getBytes(UTF_8));
    assertThat(read.problems()).as(text).isEmpty();
    return read;
  }

  /** What is cut out of the middle belongs to the old value, what is put in to the new one. */
  private static void assertUntouched(String before, String after, String pointer) {
    List<String> old = before.lines().toList();
    List<String> now = after.lines().toList();
    int head = 0;
    while (head < Math.min(old.size(), now.size()) && old.get(head).equals(now.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < Math.min(old.size(), now.size()) - head
        && old.get(old.size() - 1 - tail).equals(now.get(now.size() - 1 - tail))) {
      tail++;
    }
    String what = before + "\n=>\n" + after + " at " + pointer;
    Document document = declarations(before).documents().get(0);
    Object oldValue = Tree.of(Map.of("spec", document.resource().spec())).at(pointer).orElse(null);
    List<String> gone = old.subList(head, old.size() - tail);
    List<String> come = now.subList(head, now.size() - tail);
    if (oldValue == null) {
      assertThat(gone.size()).as(what).isLessThanOrEqualTo(1);
    } else {
      Origin place = document.locate(pointer.substring("/spec".length()));
      for (int i = 0; i < gone.size(); i++) {
        String line = gone.get(i);
        int indent = line.length() - line.stripLeading().length();
        boolean first = head + i + 1 == place.line();
        boolean item = pointer.matches(".*/[0-9]+");
        boolean inside =
            indent >= place.column() - (item ? 1 : 0)
                || line.isBlank()
                || line.strip().startsWith("-");
        assertThat(first || inside).as("%s\n'%s'", what, line).isTrue();
      }
    }
    boolean block =
        oldValue instanceof Tree tree
            && (tree.value() instanceof Map || tree.value() instanceof List);
    if (!block) {
      assertThat(comments(come)).as(what).isEqualTo(comments(gone));
    }
    assertThat(before.contains("\r\n")).isEqualTo(after.contains("\r\n"));
    assertThat(after.endsWith("\n")).isEqualTo(before.endsWith("\n"));
  }

  private static List<String> comments(List<String> lines) {
    return lines.stream()
        .filter(line -> line.contains(" # keep"))
        .map(line -> line.substring(line.indexOf(" # keep")))
        .toList();
  }

  private String file(Random random) {
    StringBuilder out = new StringBuilder("# head\nkind: Topic\nmetadata:\n  name: orders\n");
    out.append("spec:").append(random.nextBoolean() ? " # keep spec" : "").append('\n');
    block(random, out, 1 + random.nextInt(4), "/spec", 3);
    out.append(random.nextBoolean() ? "# tail\n" : "\n\n");
    return out.toString();
  }

  private void block(Random random, StringBuilder out, int indent, String pointer, int depth) {
    int fields = 1 + random.nextInt(3);
    for (int i = 0; i < fields; i++) {
      if (random.nextInt(4) == 0) {
        out.append(" ".repeat(indent)).append("# about it\n");
      }
      String key = "k" + i;
      String here = pointer + "/" + key;
      pointers.add(here);
      out.append(" ".repeat(indent)).append(random.nextInt(5) == 0 ? "\"" + key + "\"" : key);
      out.append(':');
      member(random, out, indent, here, depth);
    }
    pointers.add(pointer + "/added");
    pointers.add(pointer + "/added/deep/er");
  }

  private void member(Random random, StringBuilder out, int indent, String here, int depth) {
    String comment = random.nextInt(3) == 0 ? " # keep " + here : "";
    int sort = random.nextInt(depth > 0 ? 8 : 6);
    switch (sort) {
      case 0 ->
          out.append(" ".repeat(1 + random.nextInt(3))).append(scalar(random)).append(comment);
      case 1 -> out.append(" ").append(flow(random, here, 2)).append(comment);
      case 2 -> out.append(comment);
      case 3 -> {
        String[] headers = {"|", "|-", ">", "|+"};
        out.append(" ").append(headers[random.nextInt(4)]).append(comment).append('\n');
        out.append(" ".repeat(indent + 2)).append("one\n\n");
        out.append(" ".repeat(indent + 2)).append("# no comment");
      }
      case 4 -> out.append(" 'single ''quoted'''").append(comment);
      case 5 -> out.append(" \"double \\u00e9\"").append(comment);
      case 6 -> {
        out.append('\n');
        block(random, out, indent + 1 + random.nextInt(3), here, depth - 1);
        return;
      }
      default -> {
        out.append('\n');
        list(random, out, indent + random.nextInt(3), here, depth - 1);
        return;
      }
    }
    out.append('\n');
  }

  private void list(Random random, StringBuilder out, int indent, String here, int depth) {
    int items = 1 + random.nextInt(3);
    for (int i = 0; i < items; i++) {
      String item = here + "/" + i;
      pointers.add(item);
      out.append(" ".repeat(indent)).append("- ");
      if (random.nextInt(3) == 0) {
        int start = out.length();
        block(random, out, indent + 2, item, Math.max(0, depth));
        if (out.charAt(start + indent + 2) == '#') {
          out.insert(start, "k9: 1\n");
        } else {
          out.delete(start, start + indent + 2);
        }
      } else {
        out.append(random.nextBoolean() ? scalar(random) : flow(random, item, 1)).append('\n');
      }
    }
    pointers.add(here + "/-");
    pointers.add(here + "/" + items);
  }

  private String flow(Random random, String here, int depth) {
    if (random.nextBoolean()) {
      pointers.add(here + "/f");
      pointers.add(here + "/g/h");
      if (random.nextInt(4) == 0) {
        return "{}";
      }
      String inner = depth > 0 ? flow(random, here + "/f", depth - 1) : "1";
      return "{f: " + inner + (random.nextBoolean() ? "," : "") + "}";
    }
    pointers.add(here + "/-");
    return random.nextInt(4) == 0 ? "[ ]" : "[1, \"x\", " + scalar(random) + "]";
  }

  private static String scalar(Random random) {
    String[] scalars = {"5", "-1.5", "true", "text", "'q'", "\"d\"", "~", "a-b", "0x1f", "𝄞"};
    return scalars[random.nextInt(scalars.length)];
  }

  private static @Nullable Object value(Random random, int depth) {
    int sort = random.nextInt(depth > 0 ? 7 : 4);
    if (sort == 0) {
      return random.nextLong();
    } else if (sort == 1) {
      return random.nextInt(10_000) / 100.0;
    } else if (sort == 2) {
      return random.nextBoolean();
    } else if (sort == 4) {
      List<@Nullable Object> list = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        list.add(value(random, depth - 1));
      }
      return list;
    } else if (sort == 5) {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        map.put(TEXTS[random.nextInt(TEXTS.length)], value(random, depth - 1));
      }
      return map;
    }
    return TEXTS[random.nextInt(TEXTS.length)];
  }
}
