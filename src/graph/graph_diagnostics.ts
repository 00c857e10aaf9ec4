import { nearest } from "../errors/mod.ts";
import { endsOf, type NodeSpec } from "./node_spec.ts";
import { GATEWAY } from "../options/gateway_name.ts";

/** Something that is wrong with a topology. */
export interface GraphDiagnostic {
  /** The place of the Executor it is about, in the order they were added. */
  readonly index: number;
  /** What of it is wrong: its name, or one of its needs, when it is just one. */
  readonly about: "name" | "needs";
  readonly need?: number;
  /** The way it is about, drawn. */
  readonly message: string;
}

/**
 * What is wrong with a topology: names given twice, needs that are empty, repeated or unknown, cycles, and branches
 * whose documents would get lost. Each is said with the way it is about.
 *
 * @param howToJoin How all branches are joined, where the topology is written.
 */
export function diagnoseGraph(
  members: readonly NodeSpec[],
  answers: readonly string[],
  howToJoin = "let needsAll() join all ends",
): GraphDiagnostic[] {
  const names = members.map(({ name }) => name);
  // Where a name is given twice, the first one has it.
  const distinct = members.filter(({ name }, index) => names.indexOf(name) === index);
  const about = (name: string) => ({ index: names.indexOf(name), about: "needs" }) as const;
  const mistakes = [
    ...namesTwice(names),
    ...members.flatMap((member, index) => wrongNeeds(member, index, names)),
    ...cycles(distinct).map((path) => ({
      ...about(path[0]),
      message: `${path[0]} needs itself: ${draw(path)}; one of these needs has to go`,
    })),
  ];
  return mistakes.length > 0
    ? mistakes
    : danglingBranches(members, answers, howToJoin).map(([name, message]) => ({ ...about(name), message }));
}

function namesTwice(names: readonly string[]): GraphDiagnostic[] {
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (first === index) return [];
    const message =
      `the name "${name}" is taken: Executor ${first + 1} of ${names.length} has it, and so has ` +
      `number ${index + 1}; names are unique in a Flow`;
    return [{ index, about: "name", message }];
  });
}

function wrongNeeds(member: NodeSpec, index: number, names: readonly string[]): GraphDiagnostic[] {
  const { name, needs } = member;
  const mistake = (message: string, need?: number): GraphDiagnostic => ({
    index,
    about: "needs",
    message,
    ...(need !== undefined && { need }),
  });
  if (needs.length === 0) {
    return [mistake(
      `${name} needs nothing: ? -> ${name}; name an Executor, or "${GATEWAY}" for the request as it came in`,
    )];
  }
  const again = [...new Set(needs.filter((need, at) => needs.indexOf(need) < at))];
  const known = [GATEWAY, ...new Set(names)].filter((other) => other !== name);
  const unknown = needs.flatMap((need, at) => known.includes(need) || need === name ? [] : [at]);
  return [
    ...again.map((need) =>
      mistake(`${name} needs ${need} twice: ${drawNeeds(member)}; once is enough`, needs.lastIndexOf(need))
    ),
    ...unknown.map((at) => {
      const need = needs[at];
      const near = nearest(need, known);
      return mistake(
        `${name} needs "${need}", which is not in the Flow: ${need}? -> ${name}` +
          `${near === undefined ? "" : `; did you mean "${near}"?`} (known: ${known.join(", ")})`,
        at,
      );
    }),
  ];
}

/** Each in the direction of the requests, the first Executor again at the end. */
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

/**
 * The answer is what one Executor gives, or what `needsAll()` joined. Documents of any other end would go nowhere:
 * Jina warns and drops them, and whoever forgot a `needs` looks for them for a long time.
 */
function danglingBranches(
  members: readonly NodeSpec[],
  answers: readonly string[],
  howToJoin: string,
): [name: string, message: string][] {
  const ends = endsOf(members);
  const dangling = ends.length === 1 ? [] : ends.filter((name) => !answers.includes(name));
  const kept = ends.filter((name) => answers.includes(name))
    .map((name) => draw([...wayTo(name, members), GATEWAY])).join(" and ");
  return dangling.map((name) => [
    name,
    `nobody needs ${name}: ${draw([...wayTo(name, members), "?"])}` +
    `${kept === "" ? "" : `, while the answer comes by ${kept}`}; ` +
    `name it in the needs of another Executor, or ${howToJoin}`,
  ]);
}

/** One way from the gateway, over the first of several needs. */
function wayTo(name: string, members: readonly NodeSpec[]): string[] {
  const need = members.find((member) => member.name === name)?.needs[0];
  return need === undefined ? [name] : [...wayTo(need, members), name];
}

function drawNeeds({ name, needs }: NodeSpec): string {
  return draw([needs.join(" + ") || "?", name]);
}

function draw(path: readonly string[]): string {
  return path.join(" -> ");
}
