/** Backup and restore of a stream over the server's own API, as `nats stream backup` does. */
import { createInbox, type NatsConnection } from '@nats-io/nats-core';

export type StreamBackup = {
  readonly stream: string;
  /** Configuration and state, as the server said them. */
  readonly about: { readonly config: object; readonly state: object };
  /** Of a compressed archive. */
  readonly chunks: readonly Uint8Array[];
};

type ApiAnswer = { readonly error?: { readonly description: string } };

export async function backUpStream(nats: NatsConnection, stream: string): Promise<StreamBackup> {
  const inbox = createInbox();
  const incoming = nats.subscribe(inbox);
  const question = JSON.stringify({ deliver_subject: inbox, chunk_size: 131_072 });
  const { config, state } = await ask<{ config: object; state: object }>(
    nats,
    `STREAM.SNAPSHOT.${stream}`,
    question,
  );
  const chunks: Uint8Array[] = [];
  for await (const message of incoming) {
    if (message.data.length === 0) break;
    chunks.push(message.data.slice());
    message.respond();
  }
  incoming.unsubscribe();
  return { stream, about: { config, state }, chunks };
}

/** The stream must not be there. */
export async function restoreStream(nats: NatsConnection, backup: StreamBackup): Promise<void> {
  const { deliver_subject } = await ask<{ deliver_subject: string }>(
    nats,
    `STREAM.RESTORE.${backup.stream}`,
    JSON.stringify(backup.about),
  );
  for (const chunk of backup.chunks) await nats.request(deliver_subject, chunk, { timeout: 10_000 });
  const done = (await nats.request(deliver_subject, '', { timeout: 30_000 })).json<ApiAnswer>();
  if (done.error !== undefined) throw new Error(`${backup.stream}: ${done.error.description}`);
}

async function ask<T>(nats: NatsConnection, subject: string, question: string): Promise<T> {
  const answer = (await nats.request(`$JS.API.${subject}`, question, { timeout: 10_000 })).json<
    T & ApiAnswer
  >();
  if (answer.error !== undefined) throw new Error(`${subject}: ${answer.error.description}`);
  return answer;
}
