/** What a Flow answered over HTTP. */
export interface Reply {
  readonly status: number;
  /** What did not fit a schema. */
  readonly detail?: readonly { readonly loc: readonly (string | number)[] }[];
  readonly data: readonly {
    readonly id: string;
    readonly text?: string;
    readonly mood?: string;
    readonly certainty?: number;
    readonly matches?: readonly {
      readonly uri: string;
      readonly text: string;
      readonly scores: { readonly score: { readonly value: number } };
    }[];
  }[];
}

/** Posts JSON to a Flow, as the examples' readmes do with curl. */
export async function send(port: number, path: string, body: unknown): Promise<Reply> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...await response.json() };
}
