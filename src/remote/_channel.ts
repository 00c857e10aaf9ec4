import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  connectivityState,
  credentials,
} from "@grpc/grpc-js";
import { CancelToken } from "../async/cancel_token.ts";
import type { RemoteAddress } from "../executor/remote_address.ts";
import { runtime } from "../runtime/mod.ts";

const OPTIONS = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  // Calls are sent again here, to any of the addresses.
  "grpc.enable_retries": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 500,
  // A name may stand for another machine as soon as a connection is lost; by default that is noticed after 30 seconds.
  "grpc.dns_min_time_between_resolutions_ms": 1_000,
};

/** How many calls at a time a server takes on one connection at least, by the recommendation of RFC 9113, 6.5.2. */
const MIN_STREAMS = 100;

/** What a call needs of a connection. */
export interface Acquired {
  readonly client: Client;
  /** Cancelled when the connection is given up. */
  readonly lost: CancelToken;
  /** Has to be called when the call is over. */
  release(): void;
}

/** A client of grpc-js, and its calls in flight. */
interface Connected extends Pick<Acquired, "client" | "lost"> {
  calls: number;
  isRetired: boolean;
}

/** The connection to an address. When the server announces its end, new calls get a connection of their own. */
export class Channel {
  #current: Connected;

  constructor(private readonly address: RemoteAddress) {
    this.#current = this.#connect();
  }

  /** Whether the server has answered to the connection; a call of it may still be without an answer. */
  get isConnected(): boolean {
    return this.#current.client.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  /** Whether it has so many calls that the server may let further ones wait, checks included. */
  get isCrowded(): boolean {
    return this.#current.calls >= MIN_STREAMS;
  }

  acquire(): Acquired {
    const connected = this.#current;
    const { client, lost } = connected;
    connected.calls++;
    return {
      ...{ client, lost },
      release() {
        connected.calls--;
        closeIfIdle(connected);
      },
    };
  }

  /** Gives up the connection, and its calls if there is a reason to; the next call gets another one. */
  drop(reason?: Error): void {
    const connected = this.#current;
    this.#current = this.#connect();
    this.#retire(connected);
    if (reason !== undefined) connected.lost.cancel(reason);
  }

  /** Calls back once when the connection is lost, or the time is over; at once when there is none. */
  onLoss(callback: () => void, timeoutMs: number): void {
    if (!this.isConnected) return callback();
    this.#current.client.getChannel().watchConnectivityState(
      connectivityState.READY,
      Date.now() + timeoutMs,
      callback,
    );
  }

  close(): void {
    this.#retire(this.#current);
  }

  #connect(): Connected {
    const how = this.address.tls ? credentials.createSsl() : credentials.createInsecure();
    const guarded = wrapped(how, () => {
      if (connected === this.#current) this.drop();
    });
    const { authority, name } = this.address;
    const client = new Client(authority, guarded, { ...OPTIONS, ...nameOptions(name) });
    const connected: Connected = { client, lost: new CancelToken(), calls: 0, isRetired: false };
    return connected;
  }

  #retire(connected: Connected): void {
    connected.isRetired = true;
    closeIfIdle(connected);
  }
}

/** A server that is reached by its IP address still proves that it has its name. */
function nameOptions(name: string | undefined): ChannelOptions {
  if (name === undefined) return {};
  return { "grpc.default_authority": name, "grpc.ssl_target_name_override": name.replace(/:\d+$/, "") };
}

function closeIfIdle({ client, calls, isRetired }: Connected): void {
  if (isRetired && calls === 0) client.close();
}

/** The secure connector of grpc-js, as far as it has to be changed. */
interface SecureConnector {
  readonly connectionOptions?: { servername?: string };
}

const IP = /^[\d.]+$|:/;

/**
 * Credentials whose connections do not see `GOAWAY` frames, where these would end the process, and do not send an IP
 * address as the name of the server: Deno refuses that, and no server expects it. The certificate is checked for it.
 */
function wrapped(given: ChannelCredentials, onGoaway: () => void): ChannelCredentials {
  const make = given._createSecureConnector.bind(given);
  given._createSecureConnector = (...args) => {
    const connector = make(...args);
    const { connectionOptions } = connector as SecureConnector;
    if (IP.test(connectionOptions?.servername ?? "")) delete connectionOptions?.servername;
    if (runtime.guardHttp2 === undefined) return connector;
    const connect = connector.connect.bind(connector);
    connector.connect = async (tcp) => {
      const { socket, secure } = await connect(tcp);
      const guarded = await runtime.guardHttp2?.(socket, onGoaway) as typeof socket | undefined;
      return { socket: guarded ?? socket, secure };
    };
    return connector;
  };
  return given;
}
