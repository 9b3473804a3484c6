/** The life of a NATS connection as the bridge shows it, and who is told of its changes. */
import { notify } from './notify.js';

export type ConnectionState =
  /** Not asked for yet, or given up after the last reconnect attempt: the next `get` connects. */
  | 'idle'
  | 'connecting'
  | 'connected'
  /** Lost just now. */
  | 'disconnected'
  /** Lost, and a server is being dialled. */
  | 'reconnecting'
  | 'draining'
  /** By this program, for good. */
  | 'closed';

/** `server` is where it is connected or was; `error` is why it is not. */
export type StateChange = {
  readonly state: ConnectionState;
  readonly previous: ConnectionState;
  readonly server?: string;
  readonly error?: Error;
};

export type StateListener = (change: StateChange) => void;

/** Holds the state and tells its listeners. */
export class ObservedState {
  #state: ConnectionState = 'idle';
  readonly #listeners = new Set<StateListener>();

  get state(): ConnectionState {
    return this.#state;
  }

  listen(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(state: ConnectionState, detail: { server?: string; error?: Error } = {}): void {
    const previous = this.#state;
    if (state === previous || previous === 'closed') return;
    this.#state = state;
    notify(this.#listeners, { state, previous, ...detail });
  }
}
