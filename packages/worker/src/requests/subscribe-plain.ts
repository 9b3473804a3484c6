/** Takes requests that no stream holds from a subject, so many at once; what comes on top is refused. */
import { readHeaders } from '@nats-bridge/messaging';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { idsInHeaders } from '../logging/delivery-ids.js';
import { type HandlePlainOptions, handlePlain, refusePlain } from './handle-plain.js';
import { createLimit } from './limit.js';
import type { ReaderWorld, RequestReader } from './request-reader.js';
import type { RequestSource } from './request-source.js';

/** Requests that wait for a free place, for each one that runs. */
const WAITING_PER_RUNNING = 16;

export function subscribePlain(
  nats: NatsConnection,
  { subject, scope, destination }: RequestSource,
  world: ReaderWorld,
): RequestReader {
  const { bodies, sealing, telemetry, concurrency, weight = 1 } = world;
  const limit = createLimit(concurrency, concurrency * WAITING_PER_RUNNING);
  const unavailable = (error: unknown) => telemetry.cannotRead(subject, error);
  const { handlers, tracing, report } = telemetry;
  const handling: HandlePlainOptions = {
    handlers,
    scope,
    tracing: tracing && { tracing, destination },
    bodies,
    sealing,
    maxPayload: nats.info?.max_payload,
    report,
    abandoned: world.abandoned,
  };
  const callback = (error: Error | null, message: Msg) => {
    if (error !== null) return unavailable(error);
    telemetry.canRead(subject);
    if (limit.offer(() => handlePlain(message, handling).catch(unavailable))) return;
    const why = { code: 'OVERLOADED', message: 'This worker has too many requests in hand' };
    // Who asks was not looked at: that would cost most of what refusing is to save.
    refusePlain(message, why, sealing, 'stranger');
    report({ type: 'overloaded', subject: message.subject, ids: idsInHeaders(readHeaders(message)) });
  };
  // The server draws among subscriptions, so that each is as good as a worker.
  const subscriptions = Array.from({ length: weight }, () =>
    nats.subscribe(subject, { queue: world.consumerName, callback }),
  );
  return {
    get inHand() {
      return limit.size;
    },
    async drain() {
      await Promise.all(subscriptions.map((subscription) => subscription.drain()));
      await limit.idle();
    },
    letGo() {},
  };
}
