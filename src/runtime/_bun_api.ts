/** The part of Bun's API that hotflow uses. @module */
import type { SocketListener, SocketServer } from "./runtime.ts";

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
    fetch(request: Request): Response | Promise<Response>;
    websocket: {
      maxPayloadLength: number;
      backpressureLimit: number;
      idleTimeout: number;
      open(socket: BunSocket): void;
      message(socket: BunSocket, message: string | Uint8Array): void;
      drain(socket: BunSocket): void;
      close(socket: BunSocket): void;
    };
  }): BunServer;
}

/** A server of Bun. */
export interface BunServer {
  readonly port: number;
  stop(now?: boolean): Promise<void>;
  upgrade(request: Request, options: { data: BunSocketData; headers?: Record<string, string> }): boolean;
}

/** What is kept with a WebSocket. */
export interface BunSocketData {
  readonly open: Parameters<SocketServer["accept"]>[2];
  listener?: SocketListener;
  /** Called when the client has taken what waited for it, or is gone. */
  onDrain?: () => void;
  /** Cancels the end of its connection when it was closed. */
  cancelTimer?: () => void;
}

/** A WebSocket of Bun's server. */
export interface BunSocket {
  readonly data: BunSocketData;
  readonly readyState: number;
  send(message: string | Uint8Array): number;
  getBufferedAmount(): number;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Bun's global object. */
export const { Bun } = globalThis as unknown as { Bun: BunApi };
