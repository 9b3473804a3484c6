/** `nats-bridge pay`: one payment against a running bridge. */
import { readFileSync } from 'node:fs';
import { createUcsClient, type UcsClientTls } from '@nats-bridge/gateway/client';
import { type ERROR_CODES, isCurrency } from '@nats-bridge/protocol';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readSession } from '../installation/up-session.js';
import { progress, table } from '../output/terminal.js';
import { authorize, newPaymentId, type Step } from '../running/life-cycle.js';

type Options = {
  to?: string;
  amount: number;
  currency: string;
  card: string;
  capture: 'automatic' | 'manual';
  merchant: string;
  connector: string;
  ca?: string;
  cert?: string;
  key?: string;
  json?: boolean;
};

/** The bridge's own code, told to Hyperswitch in words for a payer. */
const NO_WORKERS = 'NO_WORKERS_AVAILABLE' satisfies keyof typeof ERROR_CODES;

const DEFAULT_TO = '127.0.0.1:8000';

/** Declines are answers too, but a script wants to know. */
const APPROVED = ['CHARGED', 'AUTHORIZED', 'PENDING', 'AUTHENTICATION_PENDING'];

export function payCommand(): Command {
  return new Command('pay')
    .summary('make one payment against a running bridge')
    .description(
      'Authorizes one card payment over gRPC. Exit code 0: approved or pending; 1: declined or failed, or nobody answers.',
    )
    .option(
      '--to <host:port>',
      `the bridge's gRPC door (default: that of the nats-bridge up that runs here, or ${DEFAULT_TO})`,
    )
    .option('--ca <file>', 'speak TLS, with this as the certificate authority (PEM)')
    .option('--cert <file>', 'own certificate, where the door asks for one (PEM)')
    .option('--key <file>', 'key of --cert (PEM)')
    .option('--amount <minor>', 'amount in the minor unit of the currency', minorAmount, 1_000)
    .option('--currency <code>', 'ISO 4217', currency, 'EUR')
    .option(
      '--card <number>',
      'card number; see docs/sandbox.md for test cards',
      cardNumber,
      '4242424242424242',
    )
    .addOption(
      new Option('--capture <how>', 'when the amount is taken')
        .choices(['automatic', 'manual'])
        .default('automatic'),
    )
    .option('--merchant <id>', 'merchant id', 'merchant_demo')
    .option('--connector <name>', 'connector name', 'imerchantsolutions')
    .option('--json', 'print the payment id and the whole response as JSON')
    .action(async (options: Options) => {
      const caller = { connector: options.connector, merchantId: options.merchant, apiKey: 'sandbox' };
      const to = options.to ?? readSession()?.grpcUrl ?? DEFAULT_TO;
      const client = createUcsClient(to, caller, tlsOf(options));
      const steps: Step[] = [];
      const paymentId = newPaymentId();
      // Before the wait: who ends it wants to know what became of the payment all the more.
      if (!options.json) progress(`payment ${paymentId}`);
      try {
        const { attemptId, response } = await authorize(
          { client, onStep: (step) => steps.push(step) },
          {
            minorAmount: options.amount,
            currency: options.currency,
            cardNumber: options.card,
            captureMethod: options.capture === 'manual' ? 'MANUAL' : 'AUTOMATIC',
          },
          paymentId,
        );
        if (options.json) console.log(JSON.stringify({ payment_id: paymentId, ...response }));
        else
          console.log(
            table(
              ['operation', 'status', 'ms', 'payment', 'id or reason'],
              steps.map((step) => [
                step.operation,
                step.status,
                step.ms.toFixed(2),
                step.paymentId,
                step.detail,
              ]),
            ),
          );
        if (String(steps[0]?.detail).startsWith(NO_WORKERS))
          progress('no worker takes authorize here: start one; nats-bridge doctor says what is missing');
        if (response.status === 'PENDING' && response.error !== undefined)
          progress(
            `it may have been charged: nats-bridge ledger ${options.merchant} authorize:${attemptId} says how far it has come`,
          );
        process.exitCode = APPROVED.includes(String(response.status)) ? 0 : 1;
      } catch (error) {
        throw unreached(error, to) ?? error;
      } finally {
        client.close();
      }
    });
}

/** undefined where no file is named: then `https://` in the address alone says so. */
function tlsOf({ ca, cert, key }: Options): UcsClientTls | undefined {
  if (ca === undefined && cert === undefined) return undefined;
  return { ca: pem('--ca', ca), cert: pem('--cert', cert), key: pem('--key', key) };
}

function pem(option: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InvalidArgumentError(
      `${option} ${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`,
    );
  }
}

/** What grpc-js says of a server that is not there is for who mends grpc-js. */
function unreached(cause: unknown, to: string): Error | undefined {
  const details = (cause as { details?: unknown }).details;
  if (typeof details !== 'string' || !/No connection established|Name resolution failed/.test(details))
    return undefined;
  const [code = 'no connection'] = /\bE[A-Z]{4,}\b/.exec(details) ?? [];
  return new Error(
    `nobody answers at ${to} (${code}), so nothing was asked: does a bridge run (nats-bridge up, or serve), is --to its gRPC door, and does it want TLS (--ca)?`,
    { cause },
  );
}

function currency(text: string): string {
  const code = text.toUpperCase();
  if (!isCurrency(code)) throw new InvalidArgumentError('must be a code of ISO 4217, such as EUR');
  return code;
}

function cardNumber(text: string): string {
  const digits = text.replaceAll(/[ -]/g, '');
  if (!/^\d{12,19}$/.test(digits)) throw new InvalidArgumentError('must have 12 to 19 digits');
  return digits;
}

function minorAmount(text: string): number {
  const amount = Number(text);
  if (!/^\d+$/.test(text))
    throw new InvalidArgumentError('must be a whole number in the minor unit, e.g. 1250 for 12.50');
  if (amount === 0) throw new InvalidArgumentError('must be above 0');
  if (!Number.isSafeInteger(amount))
    throw new InvalidArgumentError(`must be at most ${Number.MAX_SAFE_INTEGER}`);
  return amount;
}
