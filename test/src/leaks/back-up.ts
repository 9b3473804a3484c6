/** Backs every stream of a server up into files, as `nats account backup` does: through the server's own snapshots. */
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { createInbox, type NatsConnection } from '@nats-io/nats-core';
import { unpackS2 } from './s2.js';

/** @returns what stands in the files, as they are and unpacked, by stream */
export async function backUp(nats: NatsConnection): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-backup-'));
  const manager = await jetstreamManager(nats);
  const found = new Map<string, string>();
  for await (const { config } of manager.streams.list()) {
    const file = join(folder, `${config.name}.tar.s2`);
    await snapshot(nats, config.name, file);
    const bytes = readFileSync(file);
    found.set(config.name, `${bytes.toString('latin1')}\n${unpackS2(bytes).toString('latin1')}`);
  }
  return found;
}

/** One stream with its consumers into one file. @throws Error with what the server says when it does not */
async function snapshot(nats: NatsConnection, stream: string, file: string): Promise<void> {
  writeFileSync(file, '');
  const inbox = createInbox();
  const chunks = nats.subscribe(inbox);
  const question = JSON.stringify({ deliver_subject: inbox });
  const answer = (await nats.request(`$JS.API.STREAM.SNAPSHOT.${stream}`, question)).json<{
    error?: { description: string };
  }>();
  if (answer.error !== undefined) throw new Error(`${stream}: ${answer.error.description}`);
  for await (const chunk of chunks) {
    if (chunk.data.length === 0) break; // the end
    appendFileSync(file, chunk.data);
    chunk.respond(); // the next ones are sent when these have come
  }
  chunks.unsubscribe();
}
