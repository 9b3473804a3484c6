/** A line of the log: as it is told, and as it leaves. */
import type { LogEntry } from '@nats-bridge/protocol';

/** What is told to the log; time and instance are added. */
export type LogInput = Omit<LogEntry, 'time' | 'instance'>;

/** A line on its ways out. */
export type LogLine = {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly said: LogInput;
  /** All of it, with the line end. */
  readonly json: string;
};
