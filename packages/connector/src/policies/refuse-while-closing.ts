/** A bridge that closes sends nothing new. It stands below what minds an earlier call: a repeat hears what became of that. */
import { BridgeError } from '@nats-bridge/protocol';
import { admit, type Policy } from '../call/exchange.js';

/** @throws BridgeError SHUTTING_DOWN, before anything is sent */
export function refuseWhileClosing(isClosing: () => boolean): Policy {
  return admit((exchange) => {
    if (isClosing()) throw new BridgeError('SHUTTING_DOWN');
    return exchange;
  });
}
