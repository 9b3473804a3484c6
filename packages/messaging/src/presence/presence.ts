/** Whether anybody would take a message: asked before it is stored, because a publish never says so. */
import { type ConsumerInfo, jetstreamManager } from '@nats-io/jetstream';
import { createInbox, headers, type NatsConnection, RequestError } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';
import { takesSubject } from '../consume/takes-subject.js';
import { serverFeatures } from '../topology/server-features.js';

/** How many times longer the second question may take. */
const PATIENCE = 10;

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
 * that read the stream. `subscribers`: others that hear a message as it passes. `unclear`: somebody, who did not say in
 * time of which kind he is; neither may be relied on.
 */
export type WorkerPresence = 'guarded' | 'consumers' | 'subscribers' | 'unclear' | 'nobody';

export type Presence = {
  /** @throws NotConnectedError while there is no connection */
  whoIsThere(question: PresenceQuestion): Promise<WorkerPresence>;
  /** Forgets a yes, when a worker says that it leaves. */
  forget(guarded: string): void;
};

export function createPresence(connection: Connection, options: PresenceOptions): Presence {
  const ttlMs = options.ttlMs ?? 250;
  const timeoutMs = options.timeoutMs ?? 40;
  const known = new Map<string, { readonly who: Promise<WorkerPresence>; readonly until: number }>();
  const asking = new Map<string, Promise<WorkerPresence>>();

  async function ask({ guarded, alive, subject }: PresenceQuestion): Promise<WorkerPresence> {
    const nats = connection.current ?? (await connection.get());
    const [guardedSaid, aliveSaid] = await Promise.all([
      answers(nats, guarded, timeoutMs),
      answers(nats, alive, timeoutMs),
    ]);
    if (aliveSaid === 'yes') return 'consumers';
    if (aliveSaid === 'nothing') return 'unclear';
    if (guardedSaid !== 'no') return 'guarded';
    const [byConsumer, bySubscriber] = await Promise.all([
      readerOf(nats, connection, options.stream, subject),
      subscriberOf(nats, connection, subject, timeoutMs),
    ]);
    return bySubscriber ? 'subscribers' : byConsumer;
  }

  return {
    whoIsThere(question) {
      // Merchants share their workers here: the liveness subjects name the operation.
      const key = question.guarded;
      const believed = known.get(key);
      if (believed !== undefined && believed.until > Date.now()) return believed.who;
      let answer = asking.get(key);
      if (answer === undefined) {
        answer = ask(question)
          .then((who) => {
            if (who === 'nobody') known.delete(key);
            else known.set(key, { who: Promise.resolve(who), until: Date.now() + ttlMs });
            return who;
          })
          .finally(() => asking.delete(key));
        asking.set(key, answer);
      }
      return answer;
    },
    forget: (guarded) => void known.delete(guarded),
  };
}

/** The server itself says when nobody is subscribed. A worker too busy to answer in time is there all the same. */
async function answers(
  nats: NatsConnection,
  alive: string,
  timeoutMs: number,
): Promise<'yes' | 'no' | 'nothing'> {
  try {
    await nats.request(alive, undefined, { timeout: timeoutMs });
    return 'yes';
  } catch (error) {
    return error instanceof RequestError && error.isNoResponders() ? 'no' : 'nothing';
  }
}

/**
 * A consumer counts when it is being read: somebody pulls, is bound, or has messages in hand. Who has them, and may
 * have died with them, nobody can say: a worker of either kind.
 */
async function readerOf(
  nats: NatsConnection,
  { jetstreamOptions }: Connection,
  stream: string,
  subject: string,
): Promise<'consumers' | 'unclear' | 'nobody'> {
  let found: 'unclear' | 'nobody' = 'nobody';
  try {
    const manager = await jetstreamManager(nats, jetstreamOptions);
    for await (const consumer of manager.consumers.list(stream)) {
      if (!isRead(consumer) || !takesSubject(consumer, subject)) continue;
      if (consumer.push_bound === true || consumer.num_waiting > 0) return 'consumers';
      found = 'unclear';
    }
  } catch {
    // no such stream, or no permission to ask: not known to be there
  }
  return found;
}

export function isRead(consumer: ConsumerInfo): boolean {
  return consumer.push_bound === true || consumer.num_waiting > 0 || consumer.num_ack_pending > 0;
}

/** A server that is only slow is asked once more: its silence is no "nobody". It never answers who may not ask. */
async function subscriberOf(
  nats: NatsConnection,
  { inboxPrefix }: Connection,
  subject: string,
  timeoutMs: number,
): Promise<boolean> {
  if (!serverFeatures(nats.info?.version ?? '').messageTracing) return false;
  for (const patienceMs of [timeoutMs, PATIENCE * timeoutMs]) {
    const found = await hasSubscriber(nats, subject, createInbox(inboxPrefix), patienceMs);
    if (found !== undefined) return found;
  }
  return false;
}

/**
 * Plain subscribers of a stored subject cannot be asked for. Since 2.11 a message can be traced without being
 * delivered or stored (ADR-41): its trace names the clients it would have gone to.
 * @returns undefined when no trace came in time
 */
async function hasSubscriber(
  nats: NatsConnection,
  subject: string,
  inbox: string,
  timeoutMs: number,
): Promise<boolean | undefined> {
  const subscription = nats.subscribe(inbox, { max: 1, timeout: timeoutMs });
  const header = headers();
  header.set('Nats-Trace-Dest', inbox);
  header.set('Nats-Trace-Only', 'true');
  nats.publish(subject, undefined, { headers: header });
  try {
    for await (const message of subscription) {
      const trace = message.json<{ events?: { type?: string; kind?: number }[] }>();
      return (trace.events ?? []).some(({ type, kind }) => type === 'eg' && kind === 0);
    }
  } catch {
    // no trace in time
  }
  return undefined;
}
