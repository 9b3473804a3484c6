/** Where requests leave and answers arrive: messaging's requester, told how those of the contract are recognised. */
import {
  type BodyReferences,
  type Connection,
  createRequester,
  type Requester,
} from '@nats-bridge/messaging';
import { answerPattern, HEADER, isConclusion, RECORD_PATTERN, stateOf } from '@nats-bridge/protocol';
import type { Report } from '../bridge-event.js';
import type { BridgeConfig } from '../config/bridge-config.js';
import { mayDeliver } from '../topology.js';
import { readReplyCorrelationId } from './reply-correlation.js';

export type BridgeRequesterWorld = {
  readonly config: BridgeConfig;
  readonly connection: Connection;
  /** Where bodies lie that are too large for a message. */
  readonly bodies: BodyReferences;
  /** Names this bridge in the subjects on which it awaits answers. */
  readonly instance: string;
  readonly report: Report;
};

export function createBridgeRequester(world: BridgeRequesterWorld): Requester {
  const { config, connection, bodies, instance, report } = world;
  return createRequester(connection, {
    ...(config.jetstream_enabled && {
      replySubjects: [RECORD_PATTERN, answerPattern({ bridge: instance })],
      isAnswer: isConclusion,
      isWithdrawal: (headers) => stateOf(headers) === 'withdrawn',
      ackStream: config.jetstream.stream_name,
      mayDeliver: mayDeliver(config),
      bodies,
    }),
    maxRetries: config.max_retries,
    maxInFlight: config.max_in_flight,
    correlationHeader: HEADER.correlationId,
    readCorrelationId: readReplyCorrelationId,
    replyToHeader: HEADER.replyTo,
    onError: (error, subject) => report({ type: 'error', error, subject }),
  });
}
