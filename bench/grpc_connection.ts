import { type ClientHttp2Session, connect } from "node:http2";

const WINDOW = 2 ** 31 - 1;

/** One HTTP/2 connection that sends one gRPC request at a time: less work than a gRPC client, which would be measured. */
export class GrpcConnection implements Disposable {
  private constructor(private readonly session: ClientHttp2Session) {}

  /** Opens a connection; rejects when nothing listens. */
  static async open(port: number): Promise<GrpcConnection> {
    const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: WINDOW } });
    await new Promise<void>((resolve, reject) => {
      session.once("error", reject);
      session.once("connect", () => resolve());
    });
    session.on("error", () => {});
    session.setLocalWindowSize?.(WINDOW);
    return new GrpcConnection(session);
  }

  /** Sends a request; resolves to the gRPC status, and how many bytes came. */
  exchange(frame: Uint8Array): Promise<{ status: number; bytes: number }> {
    return new Promise((resolve, reject) => {
      const stream = this.session.request({
        ":method": "POST",
        ":path": "/jina.JinaSingleDataRequestRPC/process_single_data",
        "content-type": "application/grpc",
        te: "trailers",
      });
      let bytes = 0;
      let status = NaN;
      stream.on("data", (chunk: Uint8Array) => bytes += chunk.length);
      const read = (headers: Record<string, unknown>) => {
        if (headers["grpc-status"] !== undefined) status = Number(headers["grpc-status"]);
      };
      stream.on("response", read);
      stream.on("trailers", read);
      stream.on("error", reject);
      stream.on("close", () => resolve({ status, bytes }));
      stream.end(frame);
    });
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}
