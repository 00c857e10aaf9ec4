/** The part of Bun's API that hotflow uses. @module */
import type { Runtime } from "./runtime.ts";

/** The result of a plugin's `onLoad`. */
export type Loaded = { readonly contents: string; readonly loader: string } | {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly loader: "object";
};

interface PluginBuilder {
  onLoad(on: { filter: RegExp }, load: (args: { path: string }) => Loaded): void;
  onResolve(
    on: { filter: RegExp },
    resolve: (args: { path: string; importer: string }) => { path: string } | undefined,
  ): void;
}

interface BunApi {
  readonly main: string;
  readonly plugin: ((plugin: { name: string; setup(build: PluginBuilder): void }) => void) & {
    clearAll(): void;
  };
  gc(now: boolean): void;
  resolveSync(specifier: string, folder: string): string;
  serve(options: {
    hostname: string;
    port: number;
    idleTimeout: number;
    maxRequestBodySize: number;
    development: boolean;
    fetch: Parameters<Runtime["serve"]>[1];
  }): { readonly port: number; stop(now?: boolean): Promise<void> };
}

/** Bun's global object. */
export const { Bun } = globalThis as unknown as { Bun: BunApi };
