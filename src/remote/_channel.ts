import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  connectivityState,
  credentials,
} from "@grpc/grpc-js";
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

/** A client of grpc-js, and its calls in flight. */
interface Connected {
  readonly client: Client;
  calls: number;
  isRetired: boolean;
}

/** The connection to an address. When the server announces its end, new calls get a connection of their own. */
export class Channel {
  #current: Connected;

  constructor(private readonly address: RemoteAddress) {
    this.#current = this.#connect();
  }

  /** The client for a call; the returned function has to be called when the call is over. */
  acquire(): readonly [client: Client, release: () => void] {
    const connected = this.#current;
    connected.calls++;
    return [connected.client, () => {
      connected.calls--;
      closeIfIdle(connected);
    }];
  }

  /** Calls back once when the connection is lost. Does nothing when there is none. */
  onLoss(callback: () => void): void {
    const channel = this.#current.client.getChannel();
    if (channel.getConnectivityState(false) !== connectivityState.READY) return callback();
    channel.watchConnectivityState(connectivityState.READY, Infinity, callback);
  }

  close(): void {
    this.#retire(this.#current);
  }

  #connect(): Connected {
    const how = this.address.tls ? credentials.createSsl() : credentials.createInsecure();
    const guarded = withoutGoaway(how, () => {
      if (connected !== this.#current) return;
      this.#current = this.#connect();
      this.#retire(connected);
    });
    const { authority, name } = this.address;
    const client = new Client(authority, guarded, { ...OPTIONS, ...nameOptions(name) });
    const connected: Connected = { client, calls: 0, isRetired: false };
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

/** Credentials whose connections do not see `GOAWAY` frames, where these would end the process. */
function withoutGoaway(given: ChannelCredentials, onGoaway: () => void): ChannelCredentials {
  if (runtime.guardHttp2 === undefined) return given;
  const make = given._createSecureConnector.bind(given);
  given._createSecureConnector = (...args) => {
    const connector = make(...args);
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
