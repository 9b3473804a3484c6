/** Says that a worker is there, to the bridge that asks before it sends (P2). */
import { PermissionDeniedError } from '@nats-bridge/messaging';
import { aliveSubject, guardedSubject, type Operation } from '@nats-bridge/protocol';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';

export type Presence = {
  /** From now on the bridge sends. Nothing once the presence has ended. */
  begin(nats: NatsConnection, operation: Operation): void;
  /** What the server denied first, once it has said so. */
  readonly refusal: PermissionDeniedError | undefined;
  end(): void;
};

export type PresenceOptions = {
  /** Requests run under their records. */
  readonly isGuarded: boolean;
  readonly pool: string | undefined;
  /** Told of everything that the server denies; later than the start, permissions have changed. */
  readonly onDenied: (subject: string, refusal: PermissionDeniedError) => void;
};

export function createPresence({ isGuarded, pool, onDenied }: PresenceOptions): Presence {
  const subscriptions: Subscription[] = [];
  let refusal: PermissionDeniedError | undefined;
  let isOver = false;

  return {
    begin(nats, operation) {
      if (isOver) return;
      const subject = isGuarded ? guardedSubject(operation, pool) : aliveSubject(operation, pool);
      const callback = (error: Error | null, message: Msg) => {
        if (error === null) return void message.respond();
        refusal ??= new PermissionDeniedError('subscription', subject, { cause: error });
        onDenied(subject, refusal);
      };
      subscriptions.push(nats.subscribe(subject, { callback }));
    },
    get refusal() {
      return refusal;
    },
    end() {
      isOver = true;
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}
