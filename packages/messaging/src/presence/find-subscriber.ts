/** Whether a plain subscriber would hear a message: nobody can be asked, but the server traces where it would go. */
import { createInbox, headers, type NatsConnection, PermissionViolationError } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';
import { serverFeatures } from '../topology/server-features.js';

/** How many times longer the second question may take. */
const PATIENCE = 10;
/** Of a trace's events: it leaves the server; for a client. */
const EGRESS = 'eg';
const CLIENT = 0;

/** What one server on the way of a traced message says of it (ADR-41). */
type Trace = {
  readonly request?: { readonly header?: Readonly<Record<string, readonly string[]>> };
  /** `hop`: the name under which the server it goes to will tell more. `error`: why it does not go there. */
  readonly events?: readonly {
    readonly type?: string;
    readonly kind?: number;
    readonly hop?: string;
    readonly error?: string;
  }[];
};

/** False too where that cannot be known: servers before 2.11, and those that do not let this user trace. */
export type FindSubscriber = (nats: NatsConnection, subject: string) => Promise<boolean>;

/** @param timeoutMs how long one question may take */
export function createFindSubscriber(connection: Connection, timeoutMs: number): FindSubscriber {
  let refusedBy: NatsConnection | undefined;

  /** @returns undefined when the trace did not come in time, or not from every server */
  async function hasSubscriber(
    nats: NatsConnection,
    subject: string,
    patienceMs: number,
  ): Promise<boolean | undefined> {
    const inbox = createInbox(connection.inboxPrefix);
    const subscription = nats.subscribe(inbox);
    const giveUp = () => subscription.unsubscribe();
    const timer = setTimeout(giveUp, patienceMs);
    const stopListening = connection.onServerError((error) => {
      if (!(error instanceof PermissionViolationError) || error.subject !== inbox) return;
      refusedBy = nats;
      giveUp();
    });
    const header = headers();
    header.set('Nats-Trace-Dest', inbox);
    header.set('Nats-Trace-Only', 'true');
    const expected = new Set(['']);
    const heardOf = new Set<string>();
    try {
      nats.publish(subject, undefined, { headers: header });
      for await (const message of subscription) {
        const { request, events = [] } = message.json<Trace>();
        heardOf.add(request?.header?.['Nats-Trace-Hop']?.[0] ?? '');
        // A leaf node that may not have it is named with a hop, and will never tell more.
        const departures = events.filter(({ type, error }) => type === EGRESS && error === undefined);
        if (departures.some(({ kind }) => kind === CLIENT)) return true;
        for (const { hop } of departures) if (hop !== undefined) expected.add(hop);
        if ([...expected].every((hop) => heardOf.has(hop))) return false;
      }
    } catch {
      // the connection is going: no trace
    } finally {
      clearTimeout(timer);
      stopListening();
      giveUp();
    }
    return undefined;
  }

  return async (nats, subject) => {
    if (!serverFeatures(nats.info?.version ?? '').messageTracing) return false;
    // A server that is only slow is asked once more: its silence is no "nobody".
    for (const patienceMs of [timeoutMs, PATIENCE * timeoutMs]) {
      if (refusedBy === nats) return false;
      const found = await hasSubscriber(nats, subject, patienceMs);
      if (found !== undefined) return found;
    }
    return false;
  };
}
