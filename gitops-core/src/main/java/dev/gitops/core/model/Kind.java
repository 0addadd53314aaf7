// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import tools.jackson.databind.json.JsonMapper;

/**
 * One kind of resource: its name in manifests, the embedder's type for its {@code spec}, and what
 * must be known of its fields: which are secret, which are left to others, which lists are really
 * maps or sets. Immutable and thread-safe.
 *
 * <p>Field patterns are JSON Pointers in which a {@code *} token stands for any one token; they
 * cover what lies below, too.
 *
 * @param <T> the embedder's type; its {@code equals} must compare by value, as records do
 */
public final class Kind<T> {
  /** The name of the kind that {@link #any} returns. */
  public static final String ANY = "*";

  private final String name;
  private final Class<T> type;
  private final Binding<T> binding;
  private final Set<String> secrets;
  private final Set<String> ignored;
  private final Map<String, String> keyedLists;
  private final Set<String> setLists;
  private final UnaryOperator<Tree> normalizer;
  private final boolean scoped;

  private Kind(
      String name,
      Class<T> type,
      Binding<T> binding,
      Set<String> secrets,
      Set<String> ignored,
      Map<String, String> keyedLists,
      Set<String> setLists,
      UnaryOperator<Tree> normalizer,
      boolean scoped) {
    this.name = name;
    this.type = type;
    this.binding = binding;
    this.secrets = secrets;
    this.ignored = ignored;
    this.keyedLists = keyedLists;
    this.setLists = setLists;
    this.normalizer = normalizer;
    this.scoped = scoped;
  }

  /**
   * A kind whose specs are bound to a record or bean by Jackson, strictly: unknown and ignored
   * properties, null primitives and silent conversions (text to number) are errors.
   *
   * @throws IllegalArgumentException when Jackson can't bind this type, as when its package is
   *     neither exported nor opened to it
   */
  public static <T> Kind<T> of(String name, Class<T> type) {
    return of(name, type, Binding.strictMapper());
  }

  /** A kind bound by a mapper of the embedder's own, which then also decides how strict it is. */
  public static <T> Kind<T> of(String name, Class<T> type, JsonMapper mapper) {
    if (name.isEmpty() || name.equals(ANY)) {
      throw new IllegalArgumentException("Not a kind's name: '" + name + "'");
    }
    return new Kind<>(
        name,
        type,
        Binding.of(type, mapper),
        Set.of(),
        Set.of(),
        Map.of(),
        Set.of(),
        UnaryOperator.identity(),
        false);
  }

  /**
   * Every kind that has no route of its own, as trees: for targets that know their kinds only at
   * run time.
   */
  public static Kind<Tree> any() {
    return new Kind<>(
        ANY,
        Tree.class,
        Binding.trees(),
        Set.of(),
        Set.of(),
        Map.of(),
        Set.of(),
        UnaryOperator.identity(),
        false);
  }

  /**
   * The same kind, whose fields under this pattern are secret: masked wherever they would leave the
   * process.
   *
   * @throws IllegalArgumentException when the type is a record and has no such field: a misspelt
   *     pattern would mask nothing
   */
  public Kind<T> secret(String pattern) {
    binding.requireField(pattern);
    return new Kind<>(
        name,
        type,
        binding,
        plus(secrets, pattern),
        ignored,
        keyedLists,
        setLists,
        normalizer,
        scoped);
  }

  /**
   * The same kind, whose fields under this pattern are left to others, when comparing and when
   * applying.
   */
  public Kind<T> ignore(String pattern) {
    return new Kind<>(
        name,
        type,
        binding,
        secrets,
        plus(ignored, pattern),
        keyedLists,
        setLists,
        normalizer,
        scoped);
  }

  /**
   * The same kind, in which the items of the lists under this pattern are told apart by one of
   * their fields.
   */
  public Kind<T> keyedList(String pattern, String keyField) {
    Map<String, String> lists = new HashMap<>(keyedLists);
    Pointer.tokens(pattern);
    lists.put(pattern, keyField);
    return new Kind<>(
        name, type, binding, secrets, ignored, Map.copyOf(lists), setLists, normalizer, scoped);
  }

  /** The same kind, in which order and repetition do not matter in the lists under this pattern. */
  public Kind<T> setList(String pattern) {
    return new Kind<>(
        name,
        type,
        binding,
        secrets,
        ignored,
        keyedLists,
        plus(setLists, pattern),
        normalizer,
        scoped);
  }

  /**
   * The same kind, whose trees, declared and live, go through this function before they are
   * compared or remembered as applied; it must be pure, and leave secret fields where they are.
   */
  public Kind<T> normalize(UnaryOperator<Tree> function) {
    UnaryOperator<Tree> first = normalizer;
    return new Kind<>(
        name,
        type,
        binding,
        secrets,
        ignored,
        keyedLists,
        setLists,
        tree -> function.apply(first.apply(tree)),
        scoped);
  }

  /** The same kind, of which every resource needs a scope: one without is declared wrongly. */
  public Kind<T> scoped() {
    return new Kind<>(
        name, type, binding, secrets, ignored, keyedLists, setLists, normalizer, true);
  }

  /** The kind's name in manifests and ids; {@value #ANY} for every kind. */
  public String name() {
    return name;
  }

  /** Whether every resource of this kind needs a scope. */
  public boolean isScoped() {
    return scoped;
  }

  /** The embedder's type. */
  public Class<T> type() {
    return type;
  }

  /**
   * Binds a declared spec to the embedder's type.
   *
   * @throws BindingException with all violations when it does not fit
   */
  public T bind(Tree spec) throws BindingException {
    return binding.bind(spec, this);
  }

  /** The value as a tree; fields that are null are left out. */
  public Tree tree(T value) {
    return binding.tree(value);
  }

  /** The value as it is compared: its tree after normalising. */
  public Tree comparable(T value) {
    return normalizer.apply(tree(value));
  }

  /** Whether this field, or one above it, is secret. */
  public boolean isSecret(String pointer) {
    return covered(secrets, pointer);
  }

  /** Whether this field, or one above it, is left to others. */
  public boolean isIgnored(String pointer) {
    return covered(ignored, pointer);
  }

  /** Whether this field, one above it or one below it is secret. */
  public boolean hasSecret(String pointer) {
    return touched(secrets, pointer);
  }

  /** Whether this field, one above it or one below it is left to others. */
  public boolean hasIgnored(String pointer) {
    return touched(ignored, pointer);
  }

  /**
   * What a target is to be given for an update: the declaration, in which the fields left to others
   * are left out, or hold their live value where the type can't do without. For a target that does
   * not merge they always hold their live value, and so do the fields that are not declared, but
   * for those to remove. A creation takes the declaration as it is.
   *
   * @param removed the pointers of the fields to remove
   * @param merges whether the target leaves alone what a declaration does not say
   * @return {@code desired} itself where nothing has to be changed in it
   * @throws BindingException when the type does not accept its own live values
   */
  public T effective(T desired, T live, Set<String> removed, boolean merges)
      throws BindingException {
    if (merges && ignored.isEmpty()) {
      return desired;
    }
    Tree declared = tree(desired);
    Tree actual = tree(live);
    if (merges) {
      Tree without = new Effective(this, removed, Effective.Fill.NOTHING).of(declared, actual);
      try {
        return without.equals(declared) ? desired : binding.rebind(without, this);
      } catch (BindingException e) {
        Tree with = new Effective(this, removed, Effective.Fill.IGNORED).of(declared, actual);
        return binding.rebind(with, this);
      }
    }
    return binding.rebind(
        new Effective(this, removed, Effective.Fill.UNDECLARED).of(declared, actual), this);
  }

  /** Everything that a value declares, as changes from nothing: what a creation would do. */
  public List<FieldChange> declared(T value) {
    List<FieldChange> fields = new ArrayList<>();
    Effective.flatten("", tree(value).value(), fields);
    return List.copyOf(fields);
  }

  /** The field that tells the items of the list at this pointer apart; empty for other lists. */
  public Optional<String> listKey(String pointer) {
    return keyedLists.entrySet().stream()
        .filter(e -> exact(e.getKey(), pointer))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** Whether the list at this pointer is a set. */
  public boolean isSet(String pointer) {
    return setLists.stream().anyMatch(pattern -> exact(pattern, pointer));
  }

  /** The patterns of the fields left to others. */
  public List<String> ignored() {
    return List.copyOf(ignored);
  }

  /** The patterns of the secret fields. */
  public List<String> secrets() {
    return List.copyOf(secrets);
  }

  @Override
  public String toString() {
    return name;
  }

  private static boolean exact(String pattern, String pointer) {
    return Pointer.tokens(pattern).size() == Pointer.tokens(pointer).size()
        && Pointer.covers(pattern, pointer);
  }

  private static boolean covered(Set<String> patterns, String pointer) {
    return !patterns.isEmpty() && patterns.stream().anyMatch(p -> Pointer.covers(p, pointer));
  }

  private static boolean touched(Set<String> patterns, String pointer) {
    return !patterns.isEmpty() && patterns.stream().anyMatch(p -> Pointer.touches(p, pointer));
  }

  private static Set<String> plus(Set<String> patterns, String pattern) {
    Set<String> more = new LinkedHashSet<>(patterns);
    Pointer.tokens(pattern);
    more.add(pattern);
    return Set.copyOf(more);
  }
}
