/** What a process of the benchmark can be, and how the runner speaks to it. */
import type { Load, LoadResult } from '../load.js';
import type { Size } from '../payment.js';

/** Where a role finds its other side. */
export type RoleOptions = {
  readonly natsUrl: string;
  readonly grpcAddress: string;
  /** Where spans are taken, in the cases with a receiver of them. */
  readonly tracesUrl: string;
  /** For the cases that seal or sign. */
  readonly keys: { readonly bridge: Keys; readonly pool: Keys };
};

export type Key = { readonly seedFile: string; readonly publicKey: string };
export type Keys = { readonly seals: Key; readonly signs: Key };

/** What is done to messages on their way. */
export type Protection = { readonly isSealed?: boolean; readonly isSigned?: boolean };

/**
 * What is watched. `bare`: nothing, no metrics either. `observed`: metrics are counted and scraped as `serve` does, its
 * log goes to the stream, and a tenth of the calls is traced. Left out: metrics are counted.
 */
export type Watched = 'bare' | 'observed';

/** A load generator: makes a `send` for payments of a size. */
export type Sender = { sendOf(size: Size): () => Promise<void> };

/** The other side: a worker, an echo, a gateway; `address` is where it listens, if it does. */
export type Service = { readonly address?: string; readonly tracesUrl?: string };

export type Role =
  | { readonly kind: 'sender'; start(options: RoleOptions): Promise<Sender> }
  | { readonly kind: 'service'; start(options: RoleOptions): Promise<Service> };

export type Question =
  | { readonly ask: 'load'; readonly size: Size; readonly load: Load }
  | { readonly ask: 'usage' }
  | { readonly ask: 'held' }
  | { readonly ask: 'end' };

export type Usage = {
  readonly cpuMs: number;
  readonly rssMiB: number;
  readonly peakMiB: number;
};

export type Answer =
  | { readonly answer: 'ready'; readonly address?: string; readonly tracesUrl?: string }
  | { readonly answer: 'load'; readonly result: LoadResult }
  | { readonly answer: 'usage'; readonly usage: Usage }
  | { readonly answer: 'held'; readonly mib: number }
  | { readonly answer: 'failed'; readonly reason: string };
