/** The guards that `--without` takes off, one a run: what stands in the way of each violation that a run must then find. */
import type { Ledger, LedgerEntry, NatsBridge } from '@nats-bridge/connector';
import { RecordChangedError, type RecordStore } from '@nats-bridge/messaging';
import { type Headers, RECORD_HEADER, stateOf } from '@nats-bridge/protocol';

export const GUARDS = {
  nothing: 'all guards on, put together as without the withdrawal, and the same clocks: the control',
  lookup: 'handlers charge again without asking whether they did',
  fence: 'the processor takes an earlier attempt after a later one has asked',
  claim: 'a worker executes without writing or reading a claim',
  lease: 'a claim in force of another worker is ignored; and no fence, which hides it',
  repeat: 'a worker executes what the ledger has answered',
  withdrawal:
    'a bridge says "failed" of what it has not withdrawn; and late clocks of workers, which else hide it',
} as const;

export type Guard = keyof typeof GUARDS;

/** The processor's fence stands behind the lease, and would refuse what comes through without it. */
export function hasFence(without: string): boolean {
  return without !== 'fence' && without !== 'lease';
}

export function isGuard(name: string): name is Guard {
  return Object.hasOwn(GUARDS, name);
}

/** The records as a worker without this guard sees and writes them. */
export function recordsWithout(guard: string, records: RecordStore): RecordStore {
  switch (guard) {
    case 'claim':
      return {
        read: async () => undefined,
        write: (subject, body, headers, expectedSeq) =>
          stateOf(headers) === 'claimed'
            ? Promise.resolve(expectedSeq)
            : writeAnyway(records, subject, body, headers),
      };
    case 'lease':
      return seenAs(records, (headers) =>
        stateOf(headers) === 'claimed' ? { ...headers, [RECORD_HEADER.leaseUntil]: '0' } : headers,
      );
    case 'repeat':
      return seenAs(records, (headers) =>
        stateOf(headers) === 'answered' ? { ...headers, [RECORD_HEADER.state]: 'sent' } : headers,
      );
    default:
      return records;
  }
}

function seenAs(records: RecordStore, seen: (headers: Headers) => Headers): RecordStore {
  return {
    ...records,
    async read(subject) {
      const stored = await records.read(subject);
      return stored && { ...stored, headers: { ...seen(stored.headers) } };
    },
  };
}

async function writeAnyway(
  records: RecordStore,
  subject: string,
  body: Uint8Array,
  headers: Headers,
): Promise<number> {
  for (;;) {
    const stored = await records.read(subject);
    try {
      return await records.write(subject, body, headers, stored?.seq ?? 0);
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error;
    }
  }
}

/** The bridge believes that what it withdraws is withdrawn, and reads it so. */
export function withholdWithdrawals({ ledger }: NatsBridge): void {
  const believed = new Map<string, LedgerEntry>();
  const { write, find, findLatest } = ledger;
  const reading: (read: Ledger['find']) => Ledger['find'] = (read) => async (merchantId, key) =>
    (await read(merchantId, key)) ?? believed.get(`${merchantId} ${key}`);
  Object.assign(ledger, {
    find: reading(find),
    findLatest: reading(findLatest),
    write: (...args: Parameters<Ledger['write']>) => {
      const [merchantId, key, record, seq] = args;
      if (record.state !== 'withdrawn') return write(...args);
      const entry = { record: { ...record, seq, at: Date.now() }, answer: undefined };
      believed.set(`${merchantId} ${key}`, entry);
      return Promise.resolve(seq);
    },
  });
}
