/** `nats-bridge pay`: one payment against a running bridge. */
import { readFileSync } from 'node:fs';
import { createUcsClient, type UcsClientTls } from '@nats-bridge/gateway';
import { Command, InvalidArgumentError, Option } from 'commander';
import { authorize, type Step } from '../life-cycle.js';
import { table } from '../terminal.js';

type Options = {
  to: string;
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

/** Declines are answers too, but a script wants to know. */
const APPROVED = ['CHARGED', 'AUTHORIZED', 'PENDING', 'AUTHENTICATION_PENDING'];

export function payCommand(): Command {
  return new Command('pay')
    .summary('make one payment against a running bridge')
    .description(
      'Authorizes one card payment over gRPC. Exit code 0: approved or pending; 1: declined or failed.',
    )
    .option('--to <host:port>', "the bridge's gRPC door", '127.0.0.1:8000')
    .option('--ca <file>', 'speak TLS, with this as the certificate authority (PEM)')
    .option('--cert <file>', 'own certificate, where the door asks for one (PEM)')
    .option('--key <file>', 'key of --cert (PEM)')
    .option('--amount <minor>', 'amount in the minor unit of the currency', wholeNumber, 1_000)
    .option('--currency <code>', 'ISO 4217', 'EUR')
    .option('--card <number>', 'card number; see docs/sandbox.md for test cards', '4242424242424242')
    .addOption(
      new Option('--capture <how>', 'when the amount is taken')
        .choices(['automatic', 'manual'])
        .default('automatic'),
    )
    .option('--merchant <id>', 'merchant id', 'merchant_demo')
    .option('--connector <name>', 'connector name', 'imerchantsolutions')
    .option('--json', 'print the whole response as JSON')
    .action(async (options: Options) => {
      const caller = { connector: options.connector, merchantId: options.merchant, apiKey: 'sandbox' };
      const client = createUcsClient(options.to, caller, tlsOf(options));
      const steps: Step[] = [];
      try {
        const { response } = await authorize(
          { client, onStep: (step) => steps.push(step) },
          {
            minorAmount: options.amount,
            currency: options.currency,
            cardNumber: options.card,
            captureMethod: options.capture === 'manual' ? 'MANUAL' : 'AUTOMATIC',
          },
        );
        if (options.json) console.log(JSON.stringify(response));
        else
          console.log(
            table(
              ['operation', 'status', 'ms', 'id or reason'],
              steps.map((step) => [step.operation, step.status, step.ms.toFixed(2), step.detail]),
            ),
          );
        process.exitCode = APPROVED.includes(String(response.status)) ? 0 : 1;
      } finally {
        client.close();
      }
    });
}

/** undefined where no file is named: then `https://` in the address alone says so. */
function tlsOf({ ca, cert, key }: Options): UcsClientTls | undefined {
  const text = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, 'utf8'));
  if (ca === undefined && cert === undefined) return undefined;
  return { ca: text(ca), cert: text(cert), key: text(key) };
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text))
    throw new InvalidArgumentError('must be a whole number in the minor unit, e.g. 1250 for 12.50');
  return Number(text);
}
