// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.SettableBeanProperty;
import tools.jackson.databind.deser.bean.BeanDeserializerBase;
import tools.jackson.databind.deser.std.ContainerDeserializerBase;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The embedder's type as Jackson sees it. What is wrong with it is told to whoever wrote it, when
 * the kind is made, and not to the authors of manifests, who can't help it.
 */
final class SpecType {
  private final Class<?> type;
  private final ValueDeserializer<?> reader;

  /** Refuses what Jackson can't make of a document, whatever stands in the document. */
  SpecType(Class<?> type, JsonMapper mapper) {
    this.type = type;
    try {
      reader =
          mapper._deserializationContext().findRootValueDeserializer(mapper.constructType(type));
    } catch (InvalidDefinitionException e) {
      throw new IllegalArgumentException(
          type.getName() + " can't be bound by Jackson: " + e.getOriginalMessage(), e);
    }
    requireAccess(reader, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  /** Jackson notices only when it makes the first value, and names a hash where it means a type. */
  private static void requireAccess(
      @Nullable ValueDeserializer<?> reader, Set<ValueDeserializer<?>> seen) {
    if (reader == null || !seen.add(reader)) {
      return;
    }
    requireAccess(reader.getDelegatee(), seen);
    if (reader instanceof ContainerDeserializerBase<?> container) {
      requireAccess(container.getContentDeserializer(), seen);
    } else if (reader instanceof BeanDeserializerBase bean) {
      requireAccess(bean.handledType());
      bean.properties().forEachRemaining(p -> requireAccess(p.getValueDeserializer(), seen));
    }
  }

  /** Refuses a pattern under which a record has no field. */
  void requireField(String pattern) {
    if (!mayHave(reader, Pointer.tokens(pattern))) {
      throw new IllegalArgumentException(
          type.getName() + " has no field " + pattern + ": correct the pattern");
    }
  }

  private static boolean mayHave(@Nullable ValueDeserializer<?> reader, List<String> tokens) {
    if (tokens.isEmpty() || reader == null) {
      return true;
    }
    List<String> below = tokens.subList(1, tokens.size());
    if (reader instanceof ContainerDeserializerBase<?> container) {
      return mayHave(container.getContentDeserializer(), below);
    }
    if (!(reader instanceof BeanDeserializerBase bean) || open(bean)) {
      return true;
    }
    String name = tokens.get(0);
    boolean settable = false;
    Iterable<SettableBeanProperty> properties = bean::properties;
    for (SettableBeanProperty property : properties) {
      boolean named = name.equals(property.getName());
      if ((named || name.equals("*")) && mayHave(property.getValueDeserializer(), below)) {
        return true;
      }
      settable |= named;
    }
    // What is only read is a component, but no property to set.
    return !settable
        && Arrays.stream(bean.handledType().getRecordComponents())
            .anyMatch(component -> component.getName().equals(name));
  }

  /** Whether other fields than its components can stand in it. */
  private static boolean open(BeanDeserializerBase bean) {
    Class<?> type = bean.handledType();
    return !type.isRecord()
        || bean.hasAnySetter()
        || Arrays.stream(type.getRecordComponents())
            .anyMatch(c -> c.getAccessor().isAnnotationPresent(JsonUnwrapped.class));
  }

  private static void requireAccess(Class<?> type) {
    Module owner = type.getModule();
    Module jackson = JsonMapper.class.getModule();
    String home = type.getPackageName();
    boolean shown = owner.isExported(home, jackson) && Modifier.isPublic(type.getModifiers());
    if (!shown && !owner.isOpen(home, jackson)) {
      throw new IllegalArgumentException(
          type.getName()
              + " is not accessible to Jackson: add \"opens "
              + home
              + " to tools.jackson.databind;\" to the module-info.java of "
              + owner.getName());
    }
  }
}
