/** Gathers the evidence when the load is over: ledger, letters, what a sync and a repeat say, and the book at last. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeadLetters, type NatsBridge } from '@nats-bridge/connector';
import { storedMessages } from '@nats-bridge/messaging';
import { decodeBody, HEADER, parseRecord, RECORD_STREAM } from '@nats-bridge/protocol';
import { askHowItStands, type Order, place } from './ask.js';
import { type Call, type Evidence, type Heard, type LedgerLine, meaningOf } from './evidence.js';
import { patiently } from './patiently.js';
import { inDoubt } from './rules/rule.js';
import type { Scene } from './scene.js';
import { settle } from './settle.js';

const REST_LIMIT_MS = 120_000;
/** A caller keeps asking for so long; what is not answered then is not answered. */
const ASK_LIMIT_MS = 20_000;
const ASKERS = 8;
/** Whoever asks again when all is over: no call of the load has such a turn. */
const AT_THE_END = 1_000;

export async function gather(
  scene: Scene,
  bridge: NatsBridge,
  calls: readonly Call[],
  orders: ReadonlyMap<string, Order>,
  restLimitMs = REST_LIMIT_MS,
): Promise<Evidence> {
  const { client } = scene;
  const unfinished = await settle(bridge, restLimitMs);
  const doubtful = new Map<string, string>();
  for (const { key, ended, succeedsAs } of calls)
    if (inDoubt(meaningOf(ended, succeedsAs)))
      doubtful.set(key, (ended.kind === 'answered' && ended.id) || doubtful.get(key) || '');
  const askAll = (keys: Iterable<readonly [string, string]>) =>
    forEach([...keys], orders, (order, id) => askUntil(isAnswered, () => askHowItStands(client, order, id)));
  const syncs = await askAll(doubtful);
  // What was announced and never sent is settled by who asks for it: a sync, and where that names no key, a repeat.
  const announced = await announcedIn(bridge, doubtful);
  const askedAgain: Call[] = [];
  await forEach(announced, orders, async (order) => {
    const last = await askUntil(isCertain, async (times) => {
      const call = await place(client, order, AT_THE_END + times);
      askedAgain.push(call);
      return call;
    });
    return last.ended;
  });
  for (const [key, heard] of await askAll(announced)) syncs.set(key, heard);
  const standing = await patiently(() => readLedger(bridge));
  // Told that it is pending, a caller goes on asking; what nobody has in hand is pending for a moment only.
  const toldPending = [...doubtful].filter(
    ([key]) => !isInHand(standing.get(key)) && meansPending(syncs.get(key), orders.get(key)),
  );
  const toldNow = await forEach(toldPending, orders, (order, id) =>
    askUntil(
      (heard) => !meansPending(heard, order),
      () => askHowItStands(client, order, id),
    ),
  );
  for (const [key, heard] of toldNow) syncs.set(key, heard);
  const ledger = await patiently(() => readLedger(bridge));
  const letters = await patiently(() => readLetters(bridge));
  const answered = [...ledger]
    .filter(([, { state }]) => state === 'answered')
    .map(([key]) => [key, ''] as const);
  const repeats = await forEach(answered, orders, (order) =>
    askUntil(isAnswered, async () => (await place(client, order, AT_THE_END)).ended),
  );
  unfinished.push(...(await settle(bridge, restLimitMs)));
  return {
    calls: [...calls, ...askedAgain],
    book: scene.book(),
    ledger,
    letters,
    syncs,
    repeats,
    unfinished,
  };
}

async function readLedger({ connection }: NatsBridge): Promise<Map<string, LedgerLine>> {
  const ledger = new Map<string, LedgerLine>();
  for await (const { subject, headers, body, seq, storedAt } of storedMessages(connection, RECORD_STREAM)) {
    const [, , merchant = '', operation = '', rest = ''] = subject.split('.');
    const key = `${operation}:${rest}`;
    const { state } = parseRecord(headers, seq, storedAt.getTime());
    const answer =
      state === 'answered'
        ? (decodeBody(body, headers[HEADER.contentType]) as { transaction_id?: string; status?: string })
        : {};
    ledger.set(`${merchant} ${decodeURIComponent(key)}`, {
      state,
      id: answer.transaction_id,
      status: answer.status,
    });
  }
  return ledger;
}

async function readLetters(bridge: NatsBridge): Promise<Set<string>> {
  const deadLetters = createDeadLetters(bridge);
  try {
    const letters = await deadLetters.list();
    return new Set(letters.map(({ merchantId, idempotencyKey }) => `${merchantId} ${idempotencyKey}`));
  } finally {
    deadLetters.close();
  }
}

const isAnswered = (heard: Heard) => heard.kind === 'answered';

const isCertain = ({ ended, succeedsAs }: Call) => !inDoubt(meaningOf(ended, succeedsAs));

const isInHand = (line: LedgerLine | undefined) => line?.state === 'claimed' || line?.state === 'sent';

const meansPending = (heard: Heard | undefined, order: Order | undefined) =>
  heard !== undefined && order !== undefined && meaningOf(heard, order.succeedsAs) === 'pending';

async function announcedIn(bridge: NatsBridge, doubtful: ReadonlyMap<string, string>) {
  const ledger = await patiently(() => readLedger(bridge));
  return [...doubtful].filter(([key]) => ledger.get(key)?.state === 'sent');
}

/**
 * A caller asks again until it is enough, or his patience is over; he has what he heard last.
 *
 * @param ask is told for how many times, from 1
 */
async function askUntil<Answer>(
  isEnough: (answer: Answer) => boolean,
  ask: (times: number) => Promise<Answer>,
): Promise<Answer> {
  const end = Date.now() + ASK_LIMIT_MS;
  for (let times = 1; ; times++, await sleep(500)) {
    const answer = await ask(times);
    if (isEnough(answer) || Date.now() > end) return answer;
  }
}

async function forEach(
  items: readonly (readonly [key: string, id: string])[],
  orders: ReadonlyMap<string, Order>,
  ask: (order: Order, id: string) => Promise<Heard>,
): Promise<Map<string, Heard>> {
  const heard = new Map<string, Heard>();
  const left = [...items];
  const asker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      const [key, id] = item;
      const order = orders.get(key);
      if (order !== undefined) heard.set(key, await ask(order, id));
    }
  };
  await Promise.all(Array.from({ length: ASKERS }, asker));
  return heard;
}
