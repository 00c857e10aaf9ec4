/** Paths of files as they are in the image: the project's folder is copied there. @module */
import type { Diagnostics, Problem } from "../config/diagnostics.ts";
import { loadYaml } from "../config/load_yaml.ts";
import { isMapping, type Mapping, type YamlPath } from "../config/yaml_values.ts";
import { dirname, isAbsolute, isUrl, relative, resolve, toPath } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";
import { isClassName, splitClassName } from "../script/class_names.ts";
import { codeOf, withoutComments } from "../script/script_text.ts";
import { specifiersIn } from "../script/specifiers.ts";
import { reference } from "./_secrets.ts";
import { APP, type LeavingImport } from "./plan.ts";

/** The folder of a project in the image. */
export class InImage {
  readonly #modules = new Set<string>();
  readonly #yamls = new Set<string>();

  /** @param root The project's folder on this machine. */
  constructor(readonly root: string) {}

  /** The modules that were named: paths relative to the project, and URLs. */
  get modules(): string[] {
    return [...this.#modules].sort();
  }

  /** The YAML files that were read, relative to the project. */
  get yamls(): string[] {
    return [...this.#yamls].sort();
  }

  /** Rewrites the paths in a YAML file. */
  of(file: string, diagnostics: Diagnostics): PathsInImage {
    this.#yamls.add(relative(this.root, file).replaceAll("\\", "/"));
    return new PathsInImage(file, diagnostics, this);
  }

  /** The path in the image of a path that a YAML file names; `undefined` when it is not copied there. */
  pathOf(path: string, isModule: boolean): string | undefined {
    const inside = relative(this.root, path).replaceAll("\\", "/");
    if (inside.startsWith("../") || inside === ".." || isAbsolute(inside)) return undefined;
    if (isModule) this.addModule(inside);
    return inside === "" ? APP : `${APP}/${inside}`;
  }

  /** Takes a module that the image has to have. */
  addModule(module: string): void {
    this.#modules.add(module);
  }

  /** The imports of files outside of the project, in its modules and what they import. */
  async leavingImports(): Promise<LeavingImport[]> {
    const files = this.modules.filter((module) => !isUrl(module)).map((module) => resolve(this.root, module));
    const leaving: LeavingImport[] = [];
    for (const file of files) {
      const text = withoutComments(await runtime.readText(file) ?? "");
      for (const specifier of [...specifiersIn(text)].filter((one) => /^(?:\.{1,2}\/|file:)/.test(one))) {
        const path = specifier.startsWith("file:") ? toPath(specifier) : resolve(dirname(file), specifier);
        if (this.pathOf(path, false) === undefined) {
          leaving.push({ file: relative(this.root, file), specifier });
        } else if (!files.includes(path)) files.push(path);
      }
    }
    return leaving;
  }
}

/** Matches the declaration of a class whose versions never run side by side. */
const EXCLUSIVE = /\bstatic\s+(?:override\s+|readonly\s+)*exclusive\s*(?::\s*\w+\s*)?=\s*true\b/;

/** Rewrites the paths in one YAML file, and reports those that cannot be in the image. */
class PathsInImage {
  /** The files that may have the Executor's class. */
  readonly #files: string[] = [];

  constructor(
    private readonly file: string,
    private readonly diagnostics: Diagnostics,
    private readonly image: InImage,
  ) {}

  /**
   * What an Executor's service runs: a module, or a whole configuration.
   *
   * @param item The Executor in the Flow's YAML.
   * @param at Its place.
   * @param elsewhere Takes the problems of its own YAML file.
   */
  async uses({ uses, modules, py_modules = modules }: Mapping, at: YamlPath, elsewhere: Problem[]) {
    const here = [...at, "uses"];
    const hasModules = py_modules !== undefined;
    if (isMapping(uses)) return this.#inline(uses, here, hasModules);
    const text = String(uses);
    if (isClassName(text)) {
      if (!hasModules) this.#refuseClass(text, here);
      return text;
    }
    if (!/\.ya?ml$/.test(text)) return this.#path(text, here);
    const file = this.#absolute(text);
    // Checks that it is in the project.
    this.#path(text, here, false);
    const { value, diagnostics, problems } = await loadYaml(file, "the Executor's YAML", reference);
    const own = this.image.of(file, diagnostics);
    const inline = own.#inline(value as Mapping, [], hasModules);
    this.#files.push(...own.#files);
    elsewhere.push(...await problems());
    return inline;
  }

  /** Whether a module of it declares a class that must not run twice. */
  async isExclusive(): Promise<boolean> {
    const texts = await Promise.all(this.#files.map((file) => runtime.readText(file)));
    return texts.some((text) => EXCLUSIVE.test(codeOf(text ?? "")));
  }

  #refuseClass(name: unknown, at: YamlPath): void {
    const message =
      `cannot export the class ${name}, which the program imports; expected its module in \`modules\``;
    this.diagnostics.add(at, message);
  }

  /** The paths under `modules` and `py_modules`. */
  modules(holder: Mapping, at: YamlPath): string[] {
    return ["modules", "py_modules"].flatMap((key) => {
      const given = holder[key] ?? [];
      return [given].flat().map((module, index) =>
        this.#path(String(module), [...at, key, ...(Array.isArray(given) ? [index] : [])])
      );
    });
  }

  /** The files that a process may read and write are relative to the YAML, too. */
  permissions(given: unknown, at: YamlPath): Mapping {
    if (!isMapping(given)) return {};
    const files = ["read", "write"].filter((key) =>
      Array.isArray(given[key]) || typeof given[key] === "string"
    );
    const inImage = files.map((key) => {
      const paths = [given[key]].flat().map((path, index) =>
        // An absolute one is the container's own.
        isAbsolute(String(path)) ? path : this.#path(String(path), [...at, key, index], false)
      );
      return [key, paths] as const;
    });
    return { ...given, ...Object.fromEntries(inImage) };
  }

  /** An Executor's configuration without its paths and what follows changes of files. */
  #inline(config: Mapping, at: YamlPath, hasModules: boolean): Mapping {
    const { metas, modules: _m, py_modules: _p, ...rest } = config;
    const own = isMapping(metas) ? metas : {};
    const { modules: _n, py_modules: _q, workspace: _w, ignore: _i, watch: _v, ...otherMetas } = own;
    const modules = [...this.modules(config, at), ...this.modules(own, [...at, "metas"])];
    if (modules.length === 0 && !hasModules) this.#refuseClass(config.jtype, [...at, "jtype"]);
    return {
      ...rest,
      ...(Object.keys(otherMetas).length > 0 && { metas: otherMetas }),
      ...(modules.length > 0 && { modules }),
    };
  }

  #path(given: string, at: YamlPath, isModule = true): string {
    if (given.includes("${{")) {
      this.diagnostics.add(at, `cannot export a path with an expression, ${given}; write it out`);
      return given;
    }
    if (isUrl(given) && !given.startsWith("file:")) {
      if (isModule) this.image.addModule(given);
      return given;
    }
    const [path, className] = splitClassName(given);
    const file = this.#absolute(path);
    if (isModule) this.#files.push(file);
    const inImage = this.image.pathOf(file, isModule);
    if (inImage === undefined) {
      const message =
        `${given} is outside of the project ${this.image.root}, which is copied into the image; ` +
        "expected a file in it";
      this.diagnostics.add(at, message);
    }
    return `${inImage ?? given}${className === undefined ? "" : `#${className}`}`;
  }

  #absolute(path: string): string {
    return path.startsWith("file:") ? toPath(path) : resolve(dirname(this.file), path);
  }
}
