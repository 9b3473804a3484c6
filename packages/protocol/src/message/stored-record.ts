/** A message as a stream keeps it, for who reads it there. */
import type { Headers } from './headers.js';

export type StoredRecord = {
  readonly seq: number;
  readonly subject: string;
  readonly storedAt: Date;
  readonly headers: Headers;
  readonly body: Uint8Array;
};
