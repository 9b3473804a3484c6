/** The stream of proposals: a record of the whole for each change, under one subject for each letter. */
import {
  type Connection,
  createRecordStore,
  createRecordWriter,
  storedMessage,
  storedMessages,
} from '@nats-bridge/messaging';
import { APPROVAL_STREAM, approvalSubject, HEADER, type Queue } from '@nats-bridge/protocol';
import { firstSeqOf, type Kept, type KeptAt, parseProposalId, readKept } from './proposal.js';

export type ProposalStore = {
  /** @param expectedSeq the letter's newest record; 0 without one. @throws RecordChangedError when it is another by now */
  write(kept: Kept, expectedSeq: number): Promise<KeptAt>;
  /** The newest record of a letter, whichever proposal it is of. */
  newest(queue: Queue, seq: number): Promise<{ readonly last: KeptAt | undefined; readonly lastSeq: number }>;
  /** @returns its last record; undefined when there is no such proposal */
  find(id: string): Promise<KeptAt | undefined>;
  /** The last record of each proposal, by where it was proposed first. */
  all(): Promise<ReadonlyMap<number, KeptAt>>;
  close(): void;
};

/** @param isUsed false: no action needs a second person, and there may be no such stream */
export function createProposalStore(
  connection: Connection,
  isUsed: boolean,
  now: () => number,
): ProposalStore {
  const writer = createRecordWriter(connection);
  const records = createRecordStore(connection, { stream: APPROVAL_STREAM, writer });

  async function newest(queue: Queue, seq: number) {
    const stored = await records.read(approvalSubject(queue, seq));
    return { last: stored && readKept(stored), lastSeq: stored?.seq ?? 0 };
  }

  async function all(): Promise<ReadonlyMap<number, KeptAt>> {
    const found = new Map<number, KeptAt>();
    if (!isUsed) return found;
    for await (const stored of storedMessages(connection, APPROVAL_STREAM)) {
      const one = readKept(stored);
      if (one !== undefined) found.set(firstSeqOf(one), one);
    }
    return found;
  }

  return {
    newest,
    all,
    async write(kept, expectedSeq) {
      const body = Buffer.from(JSON.stringify(kept));
      const headers = { [HEADER.contentType]: 'application/json' };
      const seq = await records.write(approvalSubject(kept.queue, kept.seq), body, headers, expectedSeq);
      return { kept, seq, storedAt: new Date(now()) };
    },
    async find(id) {
      const place = parseProposalId(id);
      if (place === undefined || !isUsed) return undefined;
      const stored = await storedMessage(connection, APPROVAL_STREAM, place);
      const first = stored && readKept(stored);
      if (first === undefined || first.kept.proposal !== undefined) return undefined;
      const { last } = await newest(first.kept.queue, first.kept.seq);
      if (last !== undefined && firstSeqOf(last) === place) return last;
      return (await all()).get(place);
    },
    close: () => writer.close(),
  };
}
