import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, createConnection } from '../connection/connection.js';
import { startTestServer } from '../testing/nats-for-tests.js';
import { createPresence } from './presence.js';

let connection: Connection;
let dispose: () => unknown;
let questions = 0;

beforeAll(async () => {
  const server = await startTestServer();
  connection = createConnection({ servers: server.url });
  dispose = () => server.dispose();
});
afterAll(async () => {
  await connection.close();
  await dispose();
});

/** Asks of an operation with these listeners: each answers, or is too busy to. */
async function askedOf(listeners: { guarded?: 'answers' | 'is busy'; alive?: 'answers' | 'is busy' }) {
  const name = `op${++questions}`;
  const nats = await connection.get();
  for (const [kind, does] of Object.entries(listeners))
    nats.subscribe(`${kind}.${name}`, {
      callback: (_, message) => void (does === 'answers' && message.respond()),
    });
  await nats.flush();
  const presence = createPresence(connection, { stream: 'NONE' });
  return presence.whoIsThere({ guarded: `guarded.${name}`, alive: `alive.${name}`, subject: `work.${name}` });
}

describe('presence', () => {
  it('says who would take a request', async () => {
    expect(await askedOf({})).toBe('nobody');
    expect(await askedOf({ guarded: 'answers' })).toBe('guarded');
    expect(await askedOf({ alive: 'answers' })).toBe('consumers');
    expect(await askedOf({ guarded: 'answers', alive: 'answers' })).toBe('consumers');
  });

  it('takes who is too busy to answer for there, and relies on no kind that nobody confirmed', async () => {
    expect(await askedOf({ guarded: 'is busy' })).toBe('guarded');
    expect(await askedOf({ alive: 'is busy' })).toBe('unclear');
    expect(await askedOf({ guarded: 'is busy', alive: 'is busy' })).toBe('unclear');
  });
});
