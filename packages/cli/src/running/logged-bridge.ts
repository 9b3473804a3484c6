/** A bridge with its log: what it reports, what the gateway warns of and what becomes of calls are lines of one log. */
import {
  type BridgeConfig,
  createBridgeLogging,
  eventLine,
  fieldsOf,
  type KeeperOptions,
  letterLine,
  logBridge,
  NatsBridge,
} from '@nats-bridge/connector';
import type { OnWarning } from '@nats-bridge/gateway';
import type { Logging } from '@nats-bridge/logging';
import type { LogLevel } from '@nats-bridge/protocol';
import { logStyle } from '../output/terminal.js';

export type LoggedBridge = {
  readonly bridge: NatsBridge;
  readonly logging: Logging;
  /** About the program itself. */
  say(level: LogLevel, message: string): void;
  /** For `startGateway`. */
  readonly onWarning: OnWarning;
  /** For `keepDeadLetters`. */
  readonly onLetter: NonNullable<KeeperOptions['onLetter']>;
  /** For `keepDeadLetters`, too. */
  readonly onLookError: NonNullable<KeeperOptions['onLookError']>;
  /** For `keepNotary`. */
  onNotaryError(error: Error): void;
  /** Closes the bridge, and then the log, which hears of its end. */
  close(): Promise<void>;
};

export function loggedBridge(config: BridgeConfig): LoggedBridge {
  const logging = createBridgeLogging(config, logStyle());
  const bridge = new NatsBridge(config, { onEvent: (event) => logging.log(eventLine(event)) });
  const stop = logBridge(bridge, logging);
  return {
    bridge,
    logging,
    say: (level, message) => logging.log({ level, module: 'process', message }),
    onWarning: (message, ids) =>
      logging.log({
        level: 'warn',
        module: 'gateway',
        message,
        ...(ids && fieldsOf(ids)),
      }),
    onLetter: (queue, letter) => logging.log(letterLine(queue, letter)),
    onLookError: ({ message }) =>
      logging.log({
        level: 'warn',
        module: 'letters',
        message: `operations that nobody will answer cannot be looked for, or given up: ${message}`,
      }),
    onNotaryError: ({ message }) =>
      logging.log({
        level: 'warn',
        module: 'process',
        message: `records of payments are not written into the audit: ${message}`,
      }),
    async close() {
      await bridge.close();
      stop();
      await logging.close();
    },
  };
}
