import { auditSubject } from '@nats-bridge/protocol';
import { jetstream } from '@nats-io/jetstream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBridge } from '../testing/bridge-on-server.js';
import { writeAudit } from './audit.js';
import { parseEntry, readAudit, readChain } from './read-audit.js';
import { verifyAudit } from './verify-audit.js';

const ENTRY = { action: 'discard', who: 'jo', why: 'a test', what: { seq: 1 } } as const;
const NO_ENTRIES = ['{"n":3,', '', 'null', '[]', '{}', JSON.stringify({ ...ENTRY, what: 'all' })];

let stack: Awaited<ReturnType<typeof startBridge>>;
const write = () => writeAudit(stack.bridge.connection, ENTRY);
const store = async (text: string) =>
  jetstream(await stack.bridge.connection.get()).publish(auditSubject(ENTRY.action), text);

describe('what is stored in the audit and is no entry', () => {
  beforeEach(async () => {
    stack = await startBridge({});
  });
  afterEach(() => stack.stop());

  it('breaks the chain at its place, also when entries are written behind it', async () => {
    await write();
    await write();
    for (const text of NO_ENTRIES) await store(text);
    const breaks = NO_ENTRIES.map(() => ({ n: 2, why: 'an entry after it is not part of the chain' }));
    const { connection } = stack.bridge;
    expect(await verifyAudit(connection)).toMatchObject({ ok: false, problems: breaks });

    await write();
    await write();
    const [chain, people] = [await readChain(connection), await readAudit(connection)];
    expect(chain.map((entry) => entry?.n)).toEqual([1, 2, ...NO_ENTRIES.map(() => undefined), 3, 4]);
    expect(people.map(({ n, seq }) => [n, seq])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3 + NO_ENTRIES.length],
      [4, 4 + NO_ENTRIES.length],
    ]);
    expect(await verifyAudit(connection)).toMatchObject({
      ok: false,
      entries: 4 + NO_ENTRIES.length,
      first: 1,
      head: chain.at(-1)?.hash,
      problems: breaks,
    });
  });

  it('is followed by the first entry of the chain where nothing else is there', async () => {
    await store('no entry');
    await write();
    expect((await readChain(stack.bridge.connection)).map((entry) => entry?.n)).toEqual([undefined, 1]);
    expect(await verifyAudit(stack.bridge.connection)).toMatchObject({ ok: false, first: 1 });
  });
});

it.each(NO_ENTRIES)('%j is no entry', (text) => {
  expect(parseEntry(text)).toBeUndefined();
});
