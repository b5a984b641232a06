// Types of Halley's browser client, for /_halley/halley.mjs and, as the global `Halley`, for /_halley/halley.js.

export type HalleyTransport = "websocket" | "sse" | "stream" | "poll" | "jsonp";

export interface HalleyOptions {
  /** In the order of preference; one of them forces it. Default: all five. */
  transports?: HalleyTransport | readonly HalleyTransport[];
  /** Where to begin without a cursor: `latest`, `oldest` or `last-<n>`. Default: what the route says. */
  start?: "latest" | "oldest" | `last-${number}`;
  /** Where to go on, as the server wrote it into the page. */
  cursor?: string;
  /** Shown to the server with every connection; a function is asked for a fresh one each time. */
  token?: string | (() => string | Promise<string>);
  /**
   * One connection for all tabs with the same address, transports and start. Default: true, but false with a `token`.
   * A text sets those apart that must not share.
   */
  share?: boolean | string;
  /** `include`: cookies are sent to other origins too. Default: `same-origin`. */
  credentials?: RequestCredentials;
  /** Milliseconds in a hidden page after which the connection is given up until it shows. Default: 300 000. */
  pauseAfter?: number;
  /** Milliseconds between polls that are answered at once, instead of polls that are held. */
  every?: number;
  /** The query parameter that names the JSONP callback. Default: `callback`. */
  callback?: string;
}

export interface HalleyMessage<Data = unknown> {
  /** `epoch-offset`, unique. */
  id: string;
  /** The payload: a JSON value, text, or a `Uint8Array`. */
  data: Data;
  event?: string;
  key?: string;
  /** On a route with several channels. */
  channel?: string;
  /** From the history that the connection began with. */
  replayed: boolean;
}

export interface HalleyState {
  state: "connecting" | "live" | "waiting" | "paused" | "refused" | "closed";
  /** For people, such as "Connection lost; trying again in 1.2 s". */
  reason: string;
  /** The transport in use or being tried. */
  transport?: HalleyTransport;
  /** Milliseconds until the next attempt, while `waiting`. */
  retryIn?: number;
  /** The close code of a WebSocket that was `refused`. */
  code?: number;
}

export interface HalleyReset {
  /** `epoch`, `expired`, `too_many`, `unknown` or `forbidden`. */
  reason: string;
  /** The channels concerned, on a route with several; the others go on. */
  channels?: string[];
  /** Where the feed goes on. */
  cursor: string;
}

export interface HalleyEvents<Data = unknown> {
  /** Each message once, in order. */
  message: HalleyMessage<Data>;
  /** Every change of the connection. */
  state: HalleyState;
  /** Messages are missing and will not come: load your snapshot again. */
  reset: HalleyReset;
  heartbeat: { type: "heartbeat" };
  /** Everything the server says, for those who want to watch. */
  frame: { type: string; [member: string]: unknown };
}

export interface HalleyPublishOptions {
  event?: string;
  key?: string;
  /** Which one, on a route with several channels. */
  channel?: string;
  /** Default: a random one. The same key again appends nothing within five minutes. */
  idempotencyKey?: string;
}

export interface HalleyReceipt {
  id: string;
  duplicate: boolean;
}

/** One address of a Halley server: nothing lost, nothing twice, over any transport. */
export declare class Halley<Data = unknown> {
  constructor(url: string | URL, options?: HalleyOptions);
  static readonly transports: readonly HalleyTransport[];
  static readonly WebSocket: typeof HalleySocket;
  readonly url: string;
  readonly options: Readonly<HalleyOptions>;
  readonly state: HalleyState;
  /** Requests and connections made, messages passed on, messages that came twice, resets. */
  readonly stats: { requests: number; messages: number; duplicates: number; resets: number };
  /** Where this feed stands; empty until the server has said so. */
  readonly cursor: string;
  readonly transport?: HalleyTransport;
  on<Type extends keyof HalleyEvents<Data>>(type: Type, handler: (event: HalleyEvents<Data>[Type]) => void): this;
  off<Type extends keyof HalleyEvents<Data>>(type: Type, handler: (event: HalleyEvents<Data>[Type]) => void): this;
  /** Changes to other transports without losing the place; nothing means all. */
  use(transports?: HalleyTransport | readonly HalleyTransport[]): void;
  /**
   * Publishes JSON or bytes. Repeats by itself what may have failed, with one idempotency key. Rejects with the
   * server's word, such as `too_large`, or after eight attempts.
   */
  publish(data: unknown, options?: HalleyPublishOptions): Promise<HalleyReceipt>;
  /** Ends it for good. */
  close(): void;
}

export interface HalleySocketOptions {
  /** Milliseconds before the first attempt to come back. Default: 1000 to 5000, at random. */
  minReconnectionDelay?: number;
  /** Default: 10 000. */
  maxReconnectionDelay?: number;
  /** Default: 1.3. */
  reconnectionDelayGrowFactor?: number;
  /** Milliseconds after which a connection ends a row of failures. Default: 5000. */
  minUptime?: number;
  /** Milliseconds until an attempt is given up. Default: 4000. */
  connectionTimeout?: number;
  /** Default: no limit. */
  maxRetries?: number;
  /** Default: no limit. */
  maxEnqueuedMessages?: number;
  /** Wait for `reconnect()`. Default: false. */
  startClosed?: boolean;
}

/**
 * A WebSocket that comes back, with the options of reconnecting-websocket: for raw routes and handlers. Payloads only:
 * what is sent while it is away is lost. It stays closed after close codes that mean it (1000, 1002, 1003, 1007 to
 * 1009, 4000 to 4099).
 */
export declare class HalleySocket extends EventTarget {
  constructor(
    url: string | (() => string | Promise<string>), protocols?: string | string[], options?: HalleySocketOptions);
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSING: 2;
  static readonly CLOSED: 3;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  readonly readyState: 0 | 1 | 2 | 3;
  readonly url: string;
  readonly protocol: string;
  readonly extensions: string;
  /** Bytes that wait, those kept for the next connection included. */
  readonly bufferedAmount: number;
  readonly retryCount: number;
  binaryType: BinaryType;
  /** Sent when open, else kept for the next connection. */
  send(data: string | ArrayBufferLike | ArrayBufferView | Blob): void;
  close(code?: number, reason?: string): void;
  reconnect(code?: number, reason?: string): void;
}

export default Halley;
