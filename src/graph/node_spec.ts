/** An Executor, and by name whose documents it gets. */
export interface NodeSpec {
  readonly name: string;
  readonly needs: readonly string[];
  readonly replicas?: number;
}

/** The names that nobody needs. */
export function endsOf(members: readonly NodeSpec[]): string[] {
  const needed = new Set(members.flatMap(({ needs }) => needs));
  return members.map(({ name }) => name).filter((name) => !needed.has(name));
}
