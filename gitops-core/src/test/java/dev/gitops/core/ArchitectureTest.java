// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Timer;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the packages of this module may do, and to whom. A new package is entered here first. */
class ArchitectureTest {
  private static final String ROOT = "dev.gitops.core";

  /** For each package, what it may use of the others. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.of(
          "model", Set.of(),
          "spi", Set.of("model"),
          "policy", Set.of("spi", "model"),
          "store", Set.of("spi", "model"),
          "manifest", Set.of("spi", "model"),
          "report", Set.of("spi", "model"),
          "", Set.of("policy", "store", "manifest", "report", "spi", "model"));

  /** For each of other people's packages, who may use it. */
  private static final Map<String, Set<String>> USED_BY =
      Map.of(
          "org.snakeyaml..", Set.of("manifest"),
          "tools.jackson..", Set.of("", "model", "manifest", "report"),
          "java.sql..", Set.of("store"),
          "javax.sql..", Set.of("store"),
          "javax.crypto..", Set.of("model"),
          "java.nio.file..", Set.of("store", "manifest"),
          "java.net..", Set.of());

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importUrl(Reconciler.class.getProtectionDomain().getCodeSource().getLocation());

  private static String name(String room) {
    return room.isEmpty() ? ROOT : ROOT + "." + room;
  }

  private static String[] names(Iterable<String> rooms) {
    List<String> names = new ArrayList<>();
    rooms.forEach(room -> names.add(name(room)));
    return names.toArray(String[]::new);
  }

  @Test
  void everyPackageIsEnteredHere() {
    Set<String> packages = new TreeSet<>();
    CLASSES.forEach(type -> packages.add(type.getPackageName()));
    assertThat(packages).isNotEmpty().isSubsetOf(names(MAY_USE.keySet()));
  }

  @Test
  void noPackagesDependOnEachOtherInACircle() {
    slices().matching("dev.gitops.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @TestFactory
  Stream<DynamicTest> dependenciesGoOneWay() {
    return MAY_USE.entrySet().stream()
        .map(
            rule ->
                dynamicTest(
                    name(rule.getKey()) + " may use " + rule.getValue(),
                    () -> {
                      String own = name(rule.getKey());
                      DescribedPredicate<JavaClass> forbidden =
                          resideInAPackage("dev.gitops..")
                              .and(are(DescribedPredicate.not(resideInAPackage(own))))
                              .and(
                                  are(
                                      DescribedPredicate.not(
                                          resideInAnyPackage(names(rule.getValue())))));
                      noClasses()
                          .that()
                          .resideInAPackage(own)
                          .should()
                          .dependOnClassesThat(forbidden)
                          .allowEmptyShould(true)
                          .check(CLASSES);
                    }));
  }

  @TestFactory
  Stream<DynamicTest> othersLibrariesStayWhereTheyAreNeeded() {
    return USED_BY.entrySet().stream()
        .map(
            rule ->
                dynamicTest(
                    rule.getKey() + " is used by " + rule.getValue(),
                    () -> {
                      Set<String> others = new TreeSet<>(MAY_USE.keySet());
                      others.removeAll(rule.getValue());
                      noClasses()
                          .that()
                          .resideInAnyPackage(names(others))
                          .should()
                          .dependOnClassesThat()
                          .resideInAPackage(rule.getKey())
                          .check(CLASSES);
                    }));
  }

  @Test
  void aLibraryNeitherPrintsNorEndsTheProcessNorConfiguresLogging() {
    CompositeArchRule.of(
            List.of(
                noClasses().should().accessField(System.class, "out"),
                noClasses().should().accessField(System.class, "err"),
                noClasses().should().callMethod(System.class, "exit", int.class),
                noClasses()
                    .should()
                    .callMethodWhere(
                        DescribedPredicate.describe(
                            "it prints a stack trace",
                            call -> call.getName().equals("printStackTrace"))),
                noClasses()
                    .should()
                    .dependOnClassesThat()
                    .belongToAnyOf(Runtime.class, DriverManager.class),
                noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging..")))
        .check(CLASSES);
  }

  @Test
  void threadsStartInTheEngineAndTheLoopOnlyAndDecodingAsksTheCommonPool() {
    DescribedPredicate<JavaClass> elsewhere =
        DescribedPredicate.describe(
            "are neither the engine nor the loop, nor let others help to decode",
            type ->
                !Set.of("Engine", "ReconcileLoop", "ManifestReader")
                    .contains(outermost(type).getSimpleName()));
    DescribedPredicate<JavaCodeUnit> starts =
        DescribedPredicate.describe(
            "start threads",
            unit ->
                (unit.isConstructor() && unit.getOwner().isAssignableTo(Thread.class))
                    || (unit.isConstructor() && unit.getOwner().isEquivalentTo(Timer.class))
                    || unit.getOwner().isEquivalentTo(Executors.class)
                    || unit.getOwner().isEquivalentTo(ForkJoinPool.class)
                    || unit.getName().equals("parallelStream")
                    || unit.getName().endsWith("Async"));
    noClasses()
        .that(elsewhere)
        .should(
            new ArchCondition<JavaClass>("call what starts threads") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                type.getCodeUnitCallsFromSelf().stream()
                    .filter(call -> call.getTarget().resolveMember().filter(starts).isPresent())
                    .forEach(
                        call ->
                            events.add(
                                SimpleConditionEvent.satisfied(call, call.getDescription())));
              }
            })
        .check(CLASSES);
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
  }

  /** So that virtual time in tests is all the time there is. */
  @Test
  void nobodySleeps() {
    noClasses()
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "it sleeps or waits for a monitor",
                call ->
                    (call.getTargetOwner().isEquivalentTo(Thread.class)
                            && call.getName().equals("sleep"))
                        || (call.getTargetOwner().isEquivalentTo(Object.class)
                            && call.getName().equals("wait"))
                        || call.getTargetOwner().getName().endsWith(".LockSupport")))
        .check(CLASSES);
  }

  /** Commands are written by processes that have no reconciler, and so no clock of one. */
  @Test
  void theEngineAsksNoClockButItsOwn() {
    noClasses()
        .that()
        .resideInAnyPackage(ROOT, name("policy"), name("model"))
        .and()
        .doNotHaveSimpleName("Commands")
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "it is the system's clock",
                call ->
                    Set.of("now", "currentTimeMillis", "nanoTime").contains(call.getName())
                        && call.getTargetOwner().getName().startsWith("java.")))
        .check(CLASSES);
  }

  @Test
  void whatIsReadAndImplementedSpeaksNoLibrarysTypes() {
    classes()
        .that()
        .resideInAnyPackage(name("model"), name("spi"))
        .should(
            new ArchCondition<JavaClass>("have no library's types in public signatures") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                if (!isPublic(type)) {
                  return;
                }
                for (JavaCodeUnit unit : type.getCodeUnits()) {
                  unit.getAllInvolvedRawTypes()
                      .forEach(
                          used -> judge(unit.getModifiers(), unit.getFullName(), used, events));
                }
                for (JavaField field : type.getFields()) {
                  field
                      .getAllInvolvedRawTypes()
                      .forEach(
                          used -> judge(field.getModifiers(), field.getFullName(), used, events));
                }
              }
            })
        .check(CLASSES);
  }

  private static void judge(
      Set<JavaModifier> modifiers, String member, JavaClass used, ConditionEvents events) {
    boolean open =
        modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    boolean foreign =
        !used.isPrimitive()
            && !used.getBaseComponentType().isPrimitive()
            && !used.getPackageName().startsWith("java.")
            && !used.getPackageName().startsWith(ROOT);
    boolean allowed =
        member.startsWith(name("model") + ".Kind.of(")
            && used.getName().equals("tools.jackson.databind.json.JsonMapper");
    if (open && foreign && !allowed) {
      events.add(SimpleConditionEvent.violated(member, member + " speaks " + used.getName()));
    }
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(ArchitectureTest::isPublic).orElse(true);
  }

  @Test
  void extensionPointsAskForAtMostThreeMethods() {
    classes()
        .that()
        .resideInAPackage(name("spi"))
        .and()
        .areInterfaces()
        .should(
            new ArchCondition<JavaClass>("have at most 3 abstract methods of their own") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                List<String> own =
                    type.getMethods().stream()
                        .filter(method -> method.getModifiers().contains(JavaModifier.ABSTRACT))
                        .filter(method -> !inherited(type, method))
                        .map(JavaMethod::getName)
                        .toList();
                if (own.size() > 3) {
                  events.add(SimpleConditionEvent.violated(type, type.getName() + " has " + own));
                }
              }
            })
        .check(CLASSES);
  }

  private static boolean inherited(JavaClass type, JavaMethod method) {
    return type.getAllRawInterfaces().stream()
        .anyMatch(
            parent ->
                parent
                    .tryGetMethod(
                        method.getName(),
                        method.getRawParameterTypes().stream()
                            .map(JavaClass::getName)
                            .toArray(String[]::new))
                    .isPresent());
  }
}
