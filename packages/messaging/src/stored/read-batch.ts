/**
 * Many messages of a stream for one question (NATS ADR-31, servers from 2.11). nats.js has it, and leaves a
 * subscription behind for each. Only in the account of the stream itself.
 */
import type { Headers, StoredRecord } from '@nats-bridge/protocol';
import { createInbox } from '@nats-io/nats-core';
import { apiSubject } from '../connection/api-subject.js';
import type { Connection } from '../connection/connection.js';
import { readHeaders } from '../request/message-headers.js';

export type BatchQuestion = {
  /** The first that is wanted. */
  readonly seq: number;
  /** Wildcards allowed; default every subject. */
  readonly subject?: string;
  readonly atMost: number;
};

const TIMEOUT_MS = 5_000;
/** A slow reader is not flooded with large bodies. */
const MAX_BYTES = 8 * 1024 * 1024;
/** End of batch, and nothing there: the two ways in which it ends well. */
const ENDS = new Set([204, 404]);
const SEQUENCE = 'Nats-Sequence';

/**
 * By ascending sequence; fewer than asked for when there are no more, or when bodies are large.
 * @throws Error when the server refuses, or falls silent
 */
export async function readBatch(
  connection: Connection,
  stream: string,
  { seq, subject, atMost }: BatchQuestion,
): Promise<StoredRecord[]> {
  const nats = connection.current ?? (await connection.get());
  const api = apiSubject(connection, `DIRECT.GET.${stream}`);
  const inbox = createInbox(connection.inboxPrefix);
  const found: StoredRecord[] = [];
  await new Promise<void>((resolve, reject) => {
    const subscription = nats.subscribe(inbox, {
      callback(error, message) {
        const headers = readHeaders(message);
        if (error === null && SEQUENCE in headers) {
          found.push(recordIn(headers, message.data));
          return;
        }
        // What ends the batch is no message of the stream. nats.js's own headers are slow to make, and made for it alone.
        const code = message.headers?.code ?? 0;
        end();
        if (error !== null) reject(error);
        else if (ENDS.has(code)) resolve();
        else reject(new Error(`${stream} cannot be read: ${code} ${message.headers?.description ?? ''}`));
      },
    });
    const end = () => {
      clearTimeout(timer);
      subscription.unsubscribe();
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`${stream} cannot be read: the server did not answer for ${TIMEOUT_MS} ms`));
    }, TIMEOUT_MS);
    const question = { seq, batch: atMost, max_bytes: MAX_BYTES, next_by_subj: subject ?? '>' };
    nats.publish(api, JSON.stringify(question), { reply: inbox });
  });
  return found;
}

function recordIn(headers: Headers, body: Uint8Array): StoredRecord {
  const { 'Nats-Subject': subject = '', [SEQUENCE]: seq, 'Nats-Time-Stamp': time = '' } = headers;
  return { subject, body, headers, seq: Number(seq), storedAt: new Date(time) };
}
