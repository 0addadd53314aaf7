// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.slf4j.Logger;
import org.snakeyaml.engine.v2.api.Load;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.json.JsonMapper;

/**
 * This library and what it needs as named modules, in a layer beside the tests, which run on the
 * class path; and an embedder's module, compiled for the purpose. Not thread-safe.
 */
public final class ModulePath {
  private final Path directory;
  private ModuleLayer.Controller layer;

  /** Modules are compiled into this directory. */
  public ModulePath(Path directory) {
    this.directory = directory;
  }

  /** The library alone. */
  public ModulePath library() throws Exception {
    return open(modules(), "dev.gitops.core");
  }

  /** The library and a module of this name with these sources, by path. */
  public ModulePath with(String module, Map<String, String> sources) throws Exception {
    Path code = directory.resolve("sources");
    Path compiled = directory.resolve("compiled");
    List<Path> files = new ArrayList<>();
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Path file = code.resolve(source.getKey());
      Files.createDirectories(file.getParent());
      files.add(Files.writeString(file, source.getValue()));
    }
    List<Path> modules = new ArrayList<>(modules());
    compile(files, compiled, modules);
    modules.add(compiled);
    return open(modules, module);
  }

  /** What a static method answers to these texts. */
  public Object call(String module, String type, String method, Object... arguments)
      throws Exception {
    Module owner = layer.layer().findModule(module).orElseThrow();
    Class<?> found = Class.forName(owner, type);
    layer.addOpens(owner, found.getPackageName(), getClass().getModule());
    for (var one : found.getDeclaredMethods()) {
      if (one.getName().equals(method) && one.getParameterCount() == arguments.length) {
        one.setAccessible(true);
        try {
          return one.invoke(null, arguments);
        } catch (InvocationTargetException e) {
          throw e.getCause() instanceof Exception cause ? cause : e;
        }
      }
    }
    throw new IllegalArgumentException(type + " has no method " + method);
  }

  private ModulePath open(List<Path> modules, String root) {
    Configuration configuration =
        ModuleLayer.boot()
            .configuration()
            .resolve(
                ModuleFinder.of(modules.toArray(Path[]::new)), ModuleFinder.of(), Set.of(root));
    layer =
        ModuleLayer.defineModulesWithOneLoader(
            configuration, List.of(ModuleLayer.boot()), ClassLoader.getPlatformClassLoader());
    return this;
  }

  private List<Path> modules() throws Exception {
    Path core = home(Reconciler.class);
    List<Path> others = new ArrayList<>();
    for (Class<?> type :
        List.of(
            JsonMapper.class,
            JsonParser.class,
            JsonInclude.class,
            Load.class,
            Logger.class,
            NullMarked.class)) {
      others.add(home(type));
    }
    if (Files.notExists(core.resolve("module-info.class"))) {
      // Compiled without it, as by an editor.
      Path described = directory.resolve("core");
      copy(core, described);
      compile(List.of(Path.of("src/main/java/module-info.java")), described, others);
      core = described;
    }
    others.add(core);
    return others;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  private static void compile(List<Path> files, Path into, List<Path> modules) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-proc:none",
              "--release",
              "17",
              "-d",
              into.toString(),
              "--module-path",
              modules.stream()
                  .map(Path::toString)
                  .collect(Collectors.joining(System.getProperty("path.separator"))));
      boolean done =
          compiler
              .getTask(
                  complaints,
                  manager,
                  null,
                  options,
                  null,
                  manager.getJavaFileObjectsFromPaths(files))
              .call();
      if (!done) {
        throw new IOException("Not compiled: " + complaints);
      }
    }
  }

  private static Path home(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
