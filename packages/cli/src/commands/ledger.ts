/** `nats-bridge ledger`: how far one operation has come, as any bridge would say. */
import { type LedgerEntry, shownOperation } from '@nats-bridge/connector';
import { isOperation, isoTime, type OperationRecord, operationInKey } from '@nats-bridge/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { readSettingsHere } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { type CommandOptions, command } from '../options/command-options.js';
import { mark, table } from '../output/terminal.js';

export function ledgerCommand(): Command {
  return command('ledger', 'show how far one operation has come')
    .description(
      'Reads the record of an idempotency key, such as authorize:att_1, capture:att_1:req_2 or refund:ref_1. Exit code 1 when there is none. Never shows what the request or the answer holds.',
    )
    .argument('<merchant>', 'merchant id')
    .argument('<key>', 'idempotency key: the operation, then the attempt, refund or payout', keyOfRecord)
    .action((merchant: string, key: string, options: CommandOptions) =>
      withBridge(readSettingsHere(options).bridge, async (bridge) => {
        const entry = await bridge.ledger.findLatest(merchant, key);
        const durability = await bridge.durability();
        if (entry === undefined) {
          process.exitCode = 1;
          const text = `${mark.warning()} no record: no worker has begun ${key} of ${merchant}, or it is older than nats_bridge.jetstream.ledger_max_age`;
          console.log(options.json ? JSON.stringify(null) : text);
          return;
        }
        const status = entry.answer?.status;
        const transaction_id = entry.answer?.transaction_id;
        if (options.json)
          console.log(JSON.stringify({ ...shownAs(merchant, key, entry), survives: durability.survives }));
        else {
          const rows = rowsOf(entry.record);
          if (status !== undefined)
            rows.push(['answer', `${status}${transaction_id ? `, ${transaction_id}` : ''}`]);
          rows.push(['survives', `${durability.survives}: ${durability.because}`]);
          console.log(table([key, entry.record.state], rows));
        }
      }),
    );
}

/** @throws InvalidArgumentError for what is another id, such as a payment's */
function keyOfRecord(text: string): string {
  if (!isOperation(operationInKey(text)))
    throw new InvalidArgumentError(
      'a key begins with its operation, such as authorize:att_1; nats-bridge logs --payment shows the attempts of a payment',
    );
  return text;
}

/** For programs: the operation as the admin API shows it, and what its record says besides. */
function shownAs(merchantId: string, idempotencyKey: string, { record, answer }: LedgerEntry) {
  const { operation, paymentId = '', attempt = 0, by, ...known } = record;
  return {
    ...shownOperation({
      ...known,
      merchantId,
      idempotencyKey,
      operation: operation ?? operationInKey(idempotencyKey),
      paymentId,
      status: answer?.status,
      attempts: attempt,
      worker: by,
    }),
    transaction_id: answer?.transaction_id,
    claimed_at: timeOf(record.claimedAt),
    lease_until: record.state === 'claimed' ? timeOf(record.leaseUntil) : undefined,
    retries: record.retry,
    reason: record.reason,
    request_seq: record.requestSeq,
  };
}

function timeOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : isoTime(at);
}

function rowsOf(record: OperationRecord): string[][] {
  const rows: (readonly [string, string | number | false | undefined])[] = [
    ['payment', record.paymentId],
    ['requested', timeOf(record.requestedAt)],
    ['delivered', timeOf(record.claimedAt)],
    [record.state, timeOf(record.at)],
    ['attempts', record.attempt],
    ['by', record.by],
    ['leased until', record.state === 'claimed' && timeOf(record.leaseUntil)],
    ['sent again', record.retry > 0 && `${record.retry} times`],
    ['reason', record.reason],
    ['request', record.requestSeq !== undefined && `sequence ${record.requestSeq} of the work stream`],
  ];
  return rows.filter(([, value]) => value).map(([name, value]) => [name, String(value)]);
}
