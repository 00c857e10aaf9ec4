/** An Executor of a graph, and the names of the Executors whose documents it gets. */
export interface NodeSpec {
  readonly name: string;
  readonly needs: readonly string[];
  readonly replicas?: number;
}

/** The names of the Executors that no other one needs. */
export function endsOf(members: readonly NodeSpec[]): string[] {
  const needed = new Set(members.flatMap(({ needs }) => needs));
  return members.map(({ name }) => name).filter((name) => !needed.has(name));
}
