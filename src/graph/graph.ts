import { invalidArgument } from "../errors/mod.ts";
import { GATEWAY } from "../options/kinds.ts";
import { diagnoseGraph, endsOf, type NodeSpec } from "./graph_diagnostics.ts";

/** An Executor of the graph. */
export interface GraphNode {
  readonly name: string;
  /** Its index in the order of `add()`. */
  readonly index: number;
  /** The nodes whose documents it gets; empty for those of the request. */
  readonly needs: readonly GraphNode[];
  /** The last node that all paths to this one pass, where its branches begin; `undefined` for the gateway. */
  readonly mergeBase?: GraphNode;
  /** Its place among the routes of an answer: as in Jina, each branch comes as a whole before the next one. */
  readonly rank: number;
}

/** The order in which requests pass the Executors of a Flow. */
export class Graph {
  /** All nodes, each one after those that it needs. */
  readonly nodes: readonly GraphNode[];
  /** The nodes whose documents are the answer. */
  readonly ends: readonly GraphNode[];
  /** The last node that all paths to the ends pass, like {@linkcode GraphNode.mergeBase}. */
  readonly mergeBase?: GraphNode;
  /** Whether several nodes get the documents of the request. */
  readonly startsWithFork: boolean;
  /** Whether each node but the first one needs exactly the one before it. */
  readonly isChain: boolean;

  /**
   * @param answers The names of the Executors whose documents are the answer.
   * @throws {TypeError} When the graph has a mistake; the message draws it.
   */
  constructor(private readonly members: readonly NodeSpec[], answers: readonly string[]) {
    const mistakes = diagnoseGraph(members, answers);
    if (mistakes.length > 0) {
      throw invalidArgument(
        `Cannot start the Flow: ${mistakes.map(({ message }) => message).join("\n  and: ")}`,
      );
    }
    const nodes = nodesOf(members);
    this.nodes = nodes;
    this.ends = endsOf(members).map((name) => nodes.find((node) => node.name === name) as GraphNode)
      .sort((a, b) => answers.indexOf(a.name) - answers.indexOf(b.name));
    this.mergeBase = mergeBaseOf(this.ends);
    this.startsWithFork = nodes.filter(({ needs }) => needs.length === 0).length > 1;
    this.isChain = nodes.every(({ needs }, at) =>
      needs.length === Math.min(at, 1) && needs[0] === nodes[at - 1]
    );
  }

  toMermaid(): string {
    // Names such as "end" are keywords of Mermaid.
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

function nodesOf(members: readonly NodeSpec[]): GraphNode[] {
  const order = routesOrder(members);
  const made = new Map<string, GraphNode>();
  const make = (name: string): GraphNode => {
    const index = members.findIndex((member) => member.name === name);
    // Beside another need, the gateway adds nothing: the documents of any node include those of the request.
    const needs = members[index].needs.filter((need) => need !== GATEWAY)
      .map((need) => made.get(need) ?? make(need));
    const node = { name, index, needs, mergeBase: mergeBaseOf(needs), rank: order.indexOf(name) };
    made.set(name, node);
    return node;
  };
  for (const { name } of members) if (!made.has(name)) make(name);
  return [...made.values()];
}

/** The names in the order of an answer's routes: see {@linkcode GraphNode.rank}. */
function routesOrder(members: readonly NodeSpec[]): string[] {
  const order = new Set<string>();
  const follow = ({ name }: NodeSpec): void => {
    if (order.has(name)) return;
    order.add(name);
    members.filter(({ needs }) => needs.includes(name)).forEach(follow);
  };
  members.filter(({ needs }) => needs.every((need) => need === GATEWAY)).forEach(follow);
  return [...order];
}

/** The last node that all paths to these nodes pass. */
function mergeBaseOf(nodes: readonly GraphNode[]): GraphNode | undefined {
  const [first = [], ...others] = nodes.map(passedBy);
  return first.find((node) => others.every((passed) => passed.includes(node)));
}

/** The node and the nodes that all paths to it pass, the last one first. */
function passedBy(node: GraphNode): GraphNode[] {
  return [node, ...(node.mergeBase === undefined ? [] : passedBy(node.mergeBase))];
}
