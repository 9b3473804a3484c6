/** One shared NATS connection: made on first use, kept alive, reported on, and closed in order. */
import { within } from '@nats-bridge/protocol';
import type { JetStreamManagerOptions } from '@nats-io/jetstream';
import { AuthorizationError, type NatsConnection, type Status } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { ConnectionClosedError, NotConnectedError, PlaintextRefusedError } from '../errors.js';
import { type BackoffOptions, backoffMs } from './backoff.js';
import { type ConnectionState, ObservedState, type StateListener } from './connection-state.js';
import { authenticatorOf, type NatsCredentials, type NatsTls, tlsOptionsOf } from './nats-security.js';
import { notify } from './notify.js';
import { parseServerAddresses, plaintextHosts } from './server-address.js';
import { boundedWait, type WaitOptions } from './wait-for-connected.js';
import { writeOnceATurn } from './write-once-a-turn.js';

const DRAIN_LIMIT_MS = 5_000;

export type ConnectionOptions = {
  /** `nats://host:port`, one or several (also comma-separated). Credentials in them are used and never shown. */
  readonly servers: string | readonly string[];
  /** How this client shows itself to the server. Default `hyperswitch-nats-bridge` (specification). */
  readonly name?: string;
  /** Default 10 000 (specification). */
  readonly connectTimeoutMs?: number;
  /** Default 30 000 (specification). Two unanswered pings count as a lost connection. */
  readonly pingIntervalMs?: number;
  /** Attempts per server before the connection is given up; -1 for ever. Default 10 (specification). */
  readonly maxReconnects?: number;
  /** Waits between attempts. Default 100 ms doubling to 30 s, jittered. */
  readonly reconnectBackoff?: BackoffOptions;
  /** How many operations may wait for a reconnect at once. Default 256 (specification's reconnect_buffer_size). */
  readonly pendingLimit?: number;
  /** TLS 1.3, with the server's certificate verified. Default: only where an address says `tls://`. */
  readonly tls?: NatsTls;
  /** Who we are. Default: what the address says, or nobody. */
  readonly credentials?: NatsCredentials;
  /** Allows a server on another machine without TLS: card data and keys then cross the network in clear. */
  readonly allowPlaintext?: boolean;
  /** Own prefix for inboxes, where permissions ask for one. Default `_INBOX`. */
  readonly inboxPrefix?: string;
  /**
   * Asks JetStream under `$JS.{domain}.API` instead of `$JS.API`: for an account that has no streams of its own and
   * borrows those of another (docs/access.md), or a leaf node. Default: the account's own.
   */
  readonly jetstreamDomain?: string;
};

export type Connection = {
  readonly state: ConnectionState;
  /** The NATS connection when messages can be sent this moment, else undefined. */
  readonly current: NatsConnection | undefined;
  /** `host:port` of the configured servers, without credentials. */
  readonly servers: readonly string[];
  /** As configured; undefined for the default. */
  readonly inboxPrefix: string | undefined;
  /** For `jetstream` and `jetstreamManager`: where the streams are asked for. */
  readonly jetstreamOptions: JetStreamManagerOptions;
  /**
   * Connects on the first call; calls at the same time share. While reconnecting it gives the
   * connection that is coming back: subscribe on it, but publish only after `whenConnected`.
   * @throws NotConnectedError when no server answers; a later call tries anew
   * @throws ConnectionClosedError after `close`
   */
  get(): Promise<NatsConnection>;
  /**
   * The connection once messages can be sent. nats.js drops what is published while disconnected, so
   * everything that publishes goes through here or checks `current`.
   * @throws NotConnectedError at the deadline, OverloadedError when too many wait already
   */
  whenConnected(wait: WaitOptions): Promise<NatsConnection>;
  /** @returns unsubscribe */
  onState(listener: StateListener): () => void;
  /** Errors the server reports outside any call: permission violations above all. @returns unsubscribe */
  onServerError(listener: (error: Error) => void): () => void;
  /** One round trip to the server now, in milliseconds. */
  rttMs(): Promise<number>;
  /** Sends what is under way, then closes. Idempotent. */
  close(): Promise<void>;
};

/**
 * Nothing is connected until `get` or `whenConnected` is called.
 * @throws PlaintextRefusedError where a server on another machine would be spoken to without TLS
 */
export function createConnection(options: ConnectionOptions): Connection {
  const addresses = parseServerAddresses(options.servers);
  const tls = options.tls ?? (addresses.tls ? {} : undefined);
  const inClear = plaintextHosts(options);
  if (inClear.length > 0 && options.allowPlaintext !== true) throw new PlaintextRefusedError(inClear);
  const observed = new ObservedState();
  const errorListeners = new Set<(error: Error) => void>();
  let nats: NatsConnection | undefined;
  let connecting: Promise<NatsConnection> | undefined;
  let closing: Promise<void> | undefined;
  /** nats.js asks for the delay more than once per attempt, so it is only read there. */
  let reconnectDelayMs = backoffMs(0, options.reconnectBackoff);
  let attempts = 0;

  async function dial(): Promise<NatsConnection> {
    observed.set('connecting');
    try {
      const fresh = await connect({
        ...addresses.credentials,
        servers: [...addresses.hosts],
        name: options.name ?? 'hyperswitch-nats-bridge',
        timeout: options.connectTimeoutMs ?? 10_000,
        pingInterval: options.pingIntervalMs ?? 30_000,
        maxReconnectAttempts: options.maxReconnects ?? 10,
        // Who comes back for ever comes back from credentials that are refused for a while, too, and its subscriptions.
        ignoreAuthErrorAbort: options.maxReconnects === -1,
        reconnectDelayHandler: () => reconnectDelayMs,
        noAsyncTraces: true,
        ...(tls === undefined ? {} : { tls: tlsOptionsOf(tls) }),
        ...(options.credentials === undefined ? {} : { authenticator: authenticatorOf(options.credentials) }),
        ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
      });
      writeOnceATurn(fresh);
      nats = fresh;
      void follow(fresh);
      observed.set('connected', { server: fresh.getServer() });
      return fresh;
    } catch (cause) {
      const error = notConnected(addresses.hosts, cause);
      observed.set('idle', { error });
      throw error;
    } finally {
      connecting = undefined;
    }
  }

  /** Translates what nats.js reports into states until that connection has ended. */
  async function follow(followed: NatsConnection): Promise<void> {
    for await (const status of followed.status()) apply(status);
    const error = (await followed.closed()) ?? undefined;
    if (nats === followed) nats = undefined;
    observed.set(closing === undefined ? 'idle' : 'closed', {
      error: error instanceof Error ? error : undefined,
    });
  }

  function apply(status: Status): void {
    if (status.type === 'error') notify(errorListeners, status.error);
    if (closing !== undefined) return;
    if (status.type === 'disconnect') {
      observed.set('disconnected', { server: status.server });
    } else if (status.type === 'reconnecting') {
      reconnectDelayMs = backoffMs(attempts++, options.reconnectBackoff);
      observed.set('reconnecting');
    } else if (status.type === 'reconnect') {
      attempts = 0;
      reconnectDelayMs = backoffMs(0, options.reconnectBackoff);
      observed.set('connected', { server: status.server });
    }
  }

  function get(): Promise<NatsConnection> {
    if (closing !== undefined) return Promise.reject(new ConnectionClosedError());
    if (nats !== undefined && !nats.isClosed()) return Promise.resolve(nats);
    connecting ??= dial();
    return connecting;
  }

  function current(): NatsConnection | undefined {
    return observed.state === 'connected' ? nats : undefined;
  }

  async function drain(wasUp: boolean): Promise<void> {
    // A dial under way ends before there is anything to drain.
    await connecting?.catch(() => {});
    observed.set('draining');
    const open = nats;
    if (open !== undefined && !open.isClosed()) {
      // While disconnected there is no one to drain to; and a drain must not outlast a server that hangs.
      if (wasUp)
        await within(
          DRAIN_LIMIT_MS,
          open.drain().catch(() => {}),
        );
      await open.close();
    }
    observed.set('closed');
  }

  const whenConnected = boundedWait(
    {
      dial: get,
      current,
      state: () => observed.state,
      onState: (listener) => observed.listen(listener),
      servers: addresses.hosts,
    },
    options.pendingLimit ?? 256,
  );

  return {
    get state() {
      return observed.state;
    },
    get current() {
      return current();
    },
    servers: addresses.hosts,
    inboxPrefix: options.inboxPrefix,
    // Made anew for each reader: nats.js puts a prefix in the place of the domain, in what it is given.
    get jetstreamOptions() {
      const { jetstreamDomain: domain } = options;
      return { checkAPI: false, ...(domain === undefined ? {} : { domain }) };
    },
    get,
    whenConnected,
    onState: (listener) => observed.listen(listener),
    onServerError(listener) {
      errorListeners.add(listener);
      return () => errorListeners.delete(listener);
    },
    async rttMs() {
      const open = current() ?? (await get());
      // nats.js counts whole milliseconds, and a near server answers in less than one.
      const begunAt = performance.now();
      await open.flush();
      return performance.now() - begunAt;
    },
    close() {
      closing ??= drain(current() !== undefined);
      return closing;
    },
  };
}

function notConnected(hosts: readonly string[], cause: unknown): NotConnectedError {
  return cause instanceof AuthorizationError
    ? new NotConnectedError(
        hosts,
        'the NATS server refuses these credentials',
        { cause },
        CORRECT_CREDENTIALS,
      )
    : new NotConnectedError(hosts, `no NATS server could be reached: ${reason(cause)}`, { cause });
}

const CORRECT_CREDENTIALS =
  'Correct them (of bridges and commands: nats_bridge.auth, or the address); then try again.';

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
