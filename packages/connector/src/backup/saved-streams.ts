/** Which streams a backup holds, in which order they are saved, and what is left out (docs/backup.md). */
import {
  APPROVAL_STREAM,
  AUDIT_STREAM,
  BODY_BUCKET,
  LATE_STREAM,
  LOG_STREAM,
  NOTICE_STREAM,
  QUEUE_STREAM,
  RECORD_STREAM,
} from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { archiveNameOf } from '../topology.js';

export type StreamToSave = {
  readonly stream: string;
  /** Those whose place matters: without it, callers would be told of every late answer again. */
  readonly withConsumers?: true;
};

/**
 * What speaks of something is saved before what it speaks of, so that nothing in a backup speaks of what is not in it:
 * the audit of letters and records, a letter of its record, a request of what became of it, a record of its body. How far
 * the records were looked through lies in the stream of late answers: it is saved before the interventions that this led
 * to. The call of a dead letter that is sent again is noted there before the letter is taken away: it is saved behind those.
 */
export function streamsToSave(config: BridgeConfig): readonly StreamToSave[] {
  return [
    { stream: AUDIT_STREAM },
    { stream: QUEUE_STREAM.dead_letters },
    { stream: LATE_STREAM, withConsumers: true },
    { stream: QUEUE_STREAM.interventions },
    { stream: archiveNameOf(config) },
    { stream: RECORD_STREAM },
    { stream: `OBJ_${BODY_BUCKET}` },
  ];
}

export type LeftOut = {
  readonly stream: string;
  readonly why: string;
  /** What it holds has nothing to do with money, and may be there when a backup is restored. */
  readonly mayStay?: true;
};

export function streamsLeftOut(config: BridgeConfig): readonly LeftOut[] {
  return [
    {
      stream: config.jetstream.stream_name,
      why: 'what it holds may be executed, and may have been since; the archive has every request',
    },
    { stream: NOTICE_STREAM, why: 'notices become letters within seconds; the archive has their requests' },
    {
      stream: APPROVAL_STREAM,
      why: 'what was proposed may have been approved and done since; the audit has who did what',
    },
    { stream: LOG_STREAM, why: 'log lines are no promise', mayStay: true },
  ];
}
