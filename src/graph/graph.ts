import { endsOf, type Member } from "./node_spec.ts";
import { GATEWAY } from "../options/gateway_name.ts";
import { mistakesIn } from "./graph_diagnostics.ts";

/** An Executor's place in the Flow. */
export interface Station {
  readonly name: string;
  /** Its place in the order of `add()`. */
  readonly index: number;
  /** Whose documents it gets; none for those of the request. */
  readonly needs: readonly Station[];
  /** The last station that every way to this one passes: where its branches parted. Not there: the gateway. */
  readonly fork?: Station;
  /** Its place among an answer's routes: as in Jina, each branch is followed to its end before the next one. */
  readonly rank: number;
}

/** Which way requests take through the Executors of a Flow. */
export class Graph {
  /** All stations, each after those that it needs. */
  readonly stations: readonly Station[];
  /** Whose documents are the answer. */
  readonly ends: readonly Station[];
  /** Where the ends parted, like {@linkcode Station.fork}. */
  readonly fork?: Station;
  /** Whether several stations get the request as it came in. */
  readonly isForkedAtOnce: boolean;
  /** Whether each station but the first needs just the one before it. */
  readonly isChain: boolean;

  /**
   * @param members The Executors, in the order they were added.
   * @param answers Whose documents were asked for as the answer.
   * @throws {TypeError} When no request could find its way; the message draws where.
   */
  constructor(private readonly members: readonly Member[], answers: readonly string[]) {
    const mistakes = mistakesIn(members, answers);
    if (mistakes.length > 0) {
      throw new TypeError(
        `Cannot start the Flow: ${mistakes.map(({ message }) => message).join("\n  and: ")}`,
      );
    }
    const stations = stationsOf(members);
    this.stations = stations;
    this.ends = endsOf(members).map((name) => stations.find((station) => station.name === name) as Station)
      .sort((a, b) => answers.indexOf(a.name) - answers.indexOf(b.name));
    this.fork = forkOf(this.ends);
    this.isForkedAtOnce = stations.filter(({ needs }) => needs.length === 0).length > 1;
    this.isChain = stations.every(({ needs }, at) =>
      needs.length === Math.min(at, 1) && needs[0] === stations[at - 1]
    );
  }

  /** The graph as Mermaid text. */
  toMermaid(): string {
    // A name such as "end" would mean something to Mermaid.
    const id = new Map(this.members.map(({ name }, index) => [name, `e${index}`]));
    const lines = ["flowchart LR", `  request(["${GATEWAY}"])`];
    for (const { name, replicas = 1 } of this.members) {
      lines.push(`  ${id.get(name)}["${name}${replicas > 1 ? ` x ${replicas}` : ""}"]`);
    }
    lines.push(`  answer(["${GATEWAY}"])`);
    for (const { name, needs } of this.members) {
      for (const need of needs) lines.push(`  ${id.get(need) ?? "request"} --> ${id.get(name)}`);
    }
    for (const { name } of this.ends) lines.push(`  ${id.get(name)} --> answer`);
    return lines.join("\n");
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function stationsOf(members: readonly Member[]): Station[] {
  const made = new Map<string, Mutable<Station>>();
  const make = (name: string): Station => {
    const there = made.get(name);
    if (there !== undefined) return there;
    const index = members.findIndex((member) => member.name === name);
    // What came in is part of what any other station gives: beside another need, the gateway adds nothing.
    const needs = members[index].needs.filter((need) => need !== GATEWAY).map(make);
    const station = { name, index, needs, fork: forkOf(needs), rank: -1 };
    made.set(name, station);
    return station;
  };
  for (const { name } of members) make(name);
  const stations = [...made.values()];
  const added = stations.toSorted((a, b) => a.index - b.index);
  let rank = 0;
  const follow = (station: Mutable<Station>): void => {
    if (station.rank >= 0) return;
    station.rank = rank++;
    added.filter(({ needs }) => needs.includes(station)).forEach(follow);
  };
  added.filter(({ needs }) => needs.length === 0).forEach(follow);
  return stations;
}

/** The nearest station that every way to all of these passes. */
function forkOf(stations: readonly Station[]): Station | undefined {
  const [first = [], ...others] = stations.map(passedBy);
  return first.find((station) => others.every((passed) => passed.includes(station)));
}

/** The station itself and the forks before it, the nearest first. */
function passedBy(station: Station): Station[] {
  return [station, ...(station.fork === undefined ? [] : passedBy(station.fork))];
}
