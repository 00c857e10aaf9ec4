import { nearest } from "../errors/mod.ts";
import { GATEWAY } from "../options/kinds.ts";

/** An Executor of a graph, and the names of the Executors whose documents it gets. */
export interface NodeSpec {
  readonly name: string;
  readonly needs: readonly string[];
  readonly replicas?: number;
}

/** A mistake in a topology. */
export interface GraphDiagnostic {
  /** The index of the Executor, in the order they were added. */
  readonly index: number;
  /** What is wrong: the Executor's name, or its needs. */
  readonly about: "name" | "needs";
  /** The index of the need, when exactly one is wrong. */
  readonly need?: number;
  /** The message, with the path drawn as in `a -> b`. */
  readonly message: string;
}

/**
 * Finds the mistakes in a topology: duplicate names, needs that are empty, repeated or unknown, cycles, and branches
 * whose documents would get lost.
 *
 * @param howToJoin How all branches are joined, where the topology is written.
 */
export function diagnoseGraph(
  members: readonly NodeSpec[],
  answers: readonly string[],
  howToJoin = "let needsAll() join all ends",
): GraphDiagnostic[] {
  const names = members.map(({ name }) => name);
  // A duplicate name belongs to the first Executor.
  const distinct = members.filter(({ name }, index) => names.indexOf(name) === index);
  const mistakes = [
    ...namesTwice(names),
    ...members.flatMap((member, index) => wrongNeeds(member, index, names)),
    ...cycles(distinct).map((path) => {
      const message = `${path[0]} needs itself: ${draw(path)}; remove one of these needs`;
      return { index: names.indexOf(path[0]), about: "needs", message } as const;
    }),
  ];
  return mistakes.length > 0 ? mistakes : danglingBranches(members, answers, howToJoin);
}

function namesTwice(names: readonly string[]): GraphDiagnostic[] {
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (first === index) return [];
    const where = `by Executor ${first + 1} and Executor ${index + 1} of ${names.length}`;
    const message = `the name "${name}" is used twice: ${where}; names must be unique in a Flow`;
    return [{ index, about: "name", message }];
  });
}

function wrongNeeds({ name, needs }: NodeSpec, index: number, names: readonly string[]): GraphDiagnostic[] {
  const about = "needs";
  if (needs.length === 0) {
    const expected = `expected an Executor, or "${GATEWAY}" for the request itself`;
    return [{ index, about, message: `${name} needs nothing: ? -> ${name}; ${expected}` }];
  }
  const again = [...new Set(needs.filter((need, at) => needs.indexOf(need) < at))].map((need) => ({
    need: needs.lastIndexOf(need),
    message: `${name} needs ${need} twice: ${draw([needs.join(" + "), name])}; name it once`,
  }));
  const known = [GATEWAY, ...new Set(names)].filter((other) => other !== name);
  const unknown = needs.flatMap((need, at) => {
    if (known.includes(need) || need === name) return [];
    const near = nearest(need, known);
    const hint = `${near === undefined ? "" : `; did you mean "${near}"?`} (known: ${known.join(", ")})`;
    return [{
      need: at,
      message: `${name} needs "${need}", which is not in the Flow: ${need}? -> ${name}${hint}`,
    }];
  });
  return [...again, ...unknown].map((mistake) => ({ index, about, ...mistake }));
}

/** The cycles, each in the direction of the requests, with the first Executor repeated at the end. */
function cycles(members: readonly NodeSpec[]): string[][] {
  const needsOf = new Map(members.map(({ name, needs }) => [name, needs]));
  const found: string[][] = [];
  const done = new Set<string>();
  const climb = (name: string, trail: readonly string[]): void => {
    const at = trail.indexOf(name);
    if (at >= 0) return void found.push([...trail.slice(at), name].reverse());
    if (done.has(name)) return;
    for (const need of new Set(needsOf.get(name))) climb(need, [...trail, name]);
    done.add(name);
  };
  for (const { name } of members) climb(name, []);
  return found;
}

/** The ends whose documents are not part of the answer. */
function danglingBranches(
  members: readonly NodeSpec[],
  answers: readonly string[],
  howToJoin: string,
): GraphDiagnostic[] {
  const ends = endsOf(members);
  if (ends.length === 1) return [];
  const kept = ends.filter((name) => answers.includes(name))
    .map((name) => draw([...wayTo(name, members), GATEWAY])).join(" and ");
  const instead = kept === "" ? "" : `, while the answer comes from ${kept}`;
  return members.flatMap(({ name }, index) => {
    if (!ends.includes(name) || answers.includes(name)) return [];
    const way = draw([...wayTo(name, members), "?"]);
    const fix = `name it in the needs of another Executor, or ${howToJoin}`;
    return [{ index, about: "needs", message: `no Executor needs ${name}: ${way}${instead}; ${fix}` }];
  });
}

/** The names of the Executors that no other one needs. */
export function endsOf(members: readonly NodeSpec[]): string[] {
  const needed = new Set(members.flatMap(({ needs }) => needs));
  return members.map(({ name }) => name).filter((name) => !needed.has(name));
}

/** A path from the gateway, along the first of several needs. */
function wayTo(name: string, members: readonly NodeSpec[]): string[] {
  const need = members.find((member) => member.name === name)?.needs[0];
  return need === undefined ? [name] : [...wayTo(need, members), name];
}

function draw(path: readonly string[]): string {
  return path.join(" -> ");
}
