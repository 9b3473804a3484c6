/** Whether JetStream refused because something is not there; codes are of nats-server's errors.json. */
import { JetStreamApiError } from '@nats-io/jetstream';

const NO_CONSUMER = 10014;
const NO_MESSAGE = 10037;
const NO_STREAM = 10059;

export function saysNoStream(error: unknown): boolean {
  return says(error, NO_STREAM);
}

export function saysNoConsumer(error: unknown): boolean {
  return says(error, NO_CONSUMER);
}

export function saysNoMessage(error: unknown): boolean {
  return says(error, NO_MESSAGE);
}

/** Where there is no stream, nothing was recorded either. Any other refusal says nothing about what is there. */
export function saysNothingThere(error: unknown): boolean {
  return saysNoStream(error) || saysNoMessage(error);
}

function says(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}
