/** Whether anybody would take a message: asked before it is stored, because a publish never says so. */
import type { ConsumerInfo } from '@nats-io/jetstream';
import { type NatsConnection, RequestError } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';
import { type ConsumerList, listConsumers } from '../consume/list-consumers.js';
import { takesSubject } from '../consume/takes-subject.js';
import { believeFor } from './believe.js';
import { createFindSubscriber } from './find-subscriber.js';

export type PresenceOptions = {
  /** The stream whose consumers count. */
  readonly stream: string;
  /** How long a yes is believed. Default 250; a no never is. */
  readonly ttlMs?: number;
  /** How long one question may take. Default 40, so that a no is known within 50 ms where the server answers at all. */
  readonly timeoutMs?: number;
};

export type PresenceQuestion = {
  /** Where workers under the guard answer, e.g. `hyperswitch.workers.guarded.authorize`. */
  readonly guarded: string;
  /** Where others answer, e.g. `hyperswitch.workers.alive.authorize`. */
  readonly alive: string;
  /** The subject the message would have. */
  readonly subject: string;
};

/**
 * `guarded`: only workers that keep the record of a request themselves, as far as they say. `consumers`: others too,
 * that read the stream. `subscribers`: others, one of whom at least hears a message as it passes. `unclear`: somebody,
 * who did not say in time of which kind he is; neither may be relied on.
 */
export type WorkerPresence = 'guarded' | 'consumers' | 'subscribers' | 'unclear' | 'nobody';

/** Who would take a request. */
export type WorkersFound = {
  readonly workers: WorkerPresence;
  /**
   * All consumers of the stream, read or not: asked unless every worker keeps records, or hears messages as they pass,
   * and told when the server has answered. Undefined where it does not say. Never rejects.
   */
  readonly consumers: Promise<readonly ConsumerInfo[] | undefined>;
};

export type AnybodyOptions = {
  /** False: what is in somebody's hand, who does nothing else, is no sign of him: he died with it. Default true. */
  readonly countsInHand?: boolean;
};

export type Presence = {
  /**
   * @param options `isFresh`: what was said a moment ago is not believed
   * @throws NotConnectedError while there is no connection
   */
  whoIsThere(question: PresenceQuestion, options?: { readonly isFresh?: boolean }): Promise<WorkersFound>;
  /**
   * Whether anybody would take a request of any of them; a consumer that is read counts whatever it filters by.
   *
   * @throws NotConnectedError while there is no connection
   */
  isAnybodyThere(questions: readonly PresenceQuestion[], options?: AnybodyOptions): Promise<boolean>;
};

const NOT_ASKED = Promise.resolve(undefined);
const GUARDED: WorkersFound = { workers: 'guarded', consumers: NOT_ASKED };

export function createPresence(connection: Connection, options: PresenceOptions): Presence {
  const ttlMs = options.ttlMs ?? 250;
  const timeoutMs = options.timeoutMs ?? 40;
  const findSubscriber = createFindSubscriber(connection, timeoutMs);
  const saidOf = believeFor<Said>(ttlMs, ({ guarded, alive }) => guarded !== 'no' || alive !== 'no');
  const othersOn = believeFor<WorkerPresence>(ttlMs, (workers) => workers !== 'nobody');
  const consumersIn = believeFor<ConsumerList | undefined>(ttlMs, (list) => list !== undefined);

  const list = (isFresh?: boolean) =>
    consumersIn(options.stream, () => consumersOf(connection, options.stream), isFresh);

  async function allConsumers(): WorkersFound['consumers'] {
    const known = await list();
    return known?.isWhole ? known.consumers : undefined;
  }

  async function askAll({ guarded, alive }: PresenceQuestion): Promise<Said> {
    const nats = connection.current ?? (await connection.get());
    const [guardedSaid, aliveSaid] = await Promise.all([
      answers(nats, guarded, timeoutMs),
      answers(nats, alive, timeoutMs),
    ]);
    return { guarded: guardedSaid, alive: aliveSaid };
  }

  async function askOthers(subject: string, { alive }: Said, isFresh: boolean): Promise<WorkerPresence> {
    const nats = connection.current ?? (await connection.get());
    // To say "alive" is not to say that one reads the stream.
    if (await findSubscriber(nats, subject)) return 'subscribers';
    if (alive !== 'no') return alive === 'yes' ? 'consumers' : 'unclear';
    return readersOn(subject, isFresh);
  }

  /** That somebody reads is believed for a while; that nobody does is what the server says now. */
  async function readersOn(subject: string, isFresh: boolean): Promise<WorkerPresence> {
    let isAsked = false;
    const ask = () => {
      isAsked = true;
      return consumersOf(connection, options.stream);
    };
    const readers = readersOf(await consumersIn(options.stream, ask, isFresh), subject);
    return readers === 'nobody' && !isAsked ? readersOf(await list(true), subject) : readers;
  }

  return {
    async whoIsThere(question, { isFresh = false } = {}) {
      const { guarded, alive, subject } = question;
      // Merchants share what is said there: it names the operation …
      const said = await saidOf(guarded, () => askAll(question), isFresh);
      if (said.alive === 'no' && said.guarded !== 'no') return GUARDED;
      // … and not who else would get a message: one may hear those of one merchant alone.
      const workers = await othersOn(`${alive} ${subject}`, () => askOthers(subject, said, isFresh), isFresh);
      return { workers, consumers: workers === 'subscribers' ? NOT_ASKED : allConsumers() };
    },
    async isAnybodyThere(questions, { countsInHand = true } = {}) {
      const nats = connection.current ?? (await connection.get());
      const isThere = countsInHand ? isRead : isAwaited;
      // The cheapest question first: one for all, one each, and for each a trace.
      if ((await consumersOf(connection, options.stream))?.consumers.some(isThere)) return true;
      const subjects = questions.flatMap(({ guarded, alive }) => [guarded, alive]);
      const said = await Promise.all(subjects.map((subject) => answers(nats, subject, timeoutMs)));
      if (said.some((answer) => answer !== 'no')) return true;
      // One after the other: a server that refuses the first trace is not asked for more.
      for (const { subject } of questions) if (await findSubscriber(nats, subject)) return true;
      return false;
    },
  };
}

type SaidThere = 'yes' | 'no' | 'nothing';
/** On the two subjects of an operation. */
type Said = { readonly guarded: SaidThere; readonly alive: SaidThere };

/** The server itself says when nobody is subscribed. A worker too busy to answer in time is there all the same. */
async function answers(nats: NatsConnection, alive: string, timeoutMs: number): Promise<SaidThere> {
  try {
    await nats.request(alive, undefined, { timeout: timeoutMs });
    return 'yes';
  } catch (error) {
    return error instanceof RequestError && error.isNoResponders() ? 'no' : 'nothing';
  }
}

/** @returns undefined where there is no such stream, or no permission to ask */
function consumersOf(connection: Connection, stream: string): Promise<ConsumerList | undefined> {
  return listConsumers(connection, stream).catch(() => undefined);
}

/**
 * A consumer counts when it is being read: somebody pulls, is bound, or has messages in hand. Who has them, and may
 * have died with them, nobody can say: a worker of either kind.
 */
function readersOf(list: ConsumerList | undefined, subject: string): 'consumers' | 'unclear' | 'nobody' {
  const { consumers, isWhole } = list ?? { consumers: [], isWhole: true };
  const readers = consumers.filter((one) => isRead(one) && takesSubject(one, subject));
  if (readers.some(isAwaited)) return 'consumers';
  return readers.length > 0 || !isWhole ? 'unclear' : 'nobody';
}

export function isRead(consumer: ConsumerInfo): boolean {
  return isAwaited(consumer) || consumer.num_ack_pending > 0;
}

/** Somebody waits for its next message now. */
function isAwaited({ push_bound, num_waiting }: ConsumerInfo): boolean {
  return push_bound === true || num_waiting > 0;
}
