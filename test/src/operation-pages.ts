/** Writes the page of an operation, from its row of the catalogue and an exchange that took place. */
import {
  defaultSubjectTemplate,
  OPERATIONS,
  type OperationRow,
  operationRow,
  WEBHOOK_TEMPLATE,
} from '@nats-bridge/protocol';
import type { Exchange } from './operation-examples.js';

const HEADERS_SHOWN = [
  'X-Merchant-Id',
  'X-Payment-Id',
  'X-Idempotency-Key',
  'X-Test-Mode',
  'X-Correlation-Id',
  'X-Operation',
  'X-Reply-To',
  'X-Deadline',
  'Content-Type',
  'Nats-Msg-Id',
];

export function operationPage(exchange: Exchange): string {
  const row = operationRow(exchange.operation);
  const page = [
    `# ${row.operation}`,
    '',
    row.summary,
    '',
    '| | |',
    '|---|---|',
    `| Hyperswitch | ${row.trait} |`,
    `| UCS | ${row.methods.join(', ')} |`,
    `| subject | \`${subjectOf(row)}\` |`,
    `| moves money | ${row.movesMoney ? 'yes: one effect and one answer for each idempotency key' : 'no'} |`,
    `| answered within | ${row.deadlineMs / 1_000} s, unless configured |`,
    ...statusRows(row),
    '',
    '## Request',
    '',
    `On \`${exchange.subject}\`, with these headers and this body:`,
    '',
    '| header | value |',
    '|---|---|',
    ...HEADERS_SHOWN.filter((name) => exchange.headers[name]).map(
      (name) => `| \`${name}\` | \`${exchange.headers[name]}\` |`,
    ),
    '',
    ...json(exchange.request),
    '',
    '## Reply',
    '',
    ...json(exchange.reply),
    '',
    '## What Hyperswitch hears',
    '',
    `The answer of ${exchange.method}:`,
    '',
    ...json(exchange.response),
    '',
    'Every field and header: [the contract](../contract.md). How to answer: [writing a worker](../workers.md).',
    '',
  ].join('\n');
  return masked(page);
}

export function indexPage(): string {
  return [
    '# Operations',
    '',
    'A page for each, with a request and a reply as they went over NATS between the bridge and the sandbox. Ids and times are replaced. `npm run docs` writes these pages, and `npm test` compares them with a new run.',
    '',
    '| operation | what it is for |',
    '|---|---|',
    ...OPERATIONS.map(({ operation, summary }) => `| [${operation}](${operation}.md) | ${summary} |`),
    '',
  ].join('\n');
}

function subjectOf({ channel, operation }: OperationRow): string {
  return channel === 'webhooks'
    ? WEBHOOK_TEMPLATE
    : defaultSubjectTemplate(operation as Exchange['operation']);
}

function statusRows({ statusKind, status }: OperationRow): string[] {
  if (statusKind === 'none') return [];
  const name = (value: string) =>
    value === 'by_capture_method' ? 'CHARGED, or AUTHORIZED where it is captured later' : value;
  return (['success', 'failure', 'processing'] as const).map(
    (answer) => `| \`${answer}\` becomes | ${name(status[answer])} |`,
  );
}

const json = (value: unknown) => ['```json', JSON.stringify(value, null, 2), '```'];

/** What differs from run to run: ids that are made up, in the order in which they appear, and times. */
function masked(page: string): string {
  const seen = new Map<string, string>();
  const numbered = (id: string, shape: (number: number) => string) => {
    const known = seen.get(id) ?? shape(seen.size + 1);
    seen.set(id, known);
    return known;
  };
  return page
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) =>
      numbered(id, (number) => `0b6e3f0a-5a0e-4d0e-9d7e-${String(number).padStart(12, '0')}`),
    )
    .replaceAll(/_INBOX\.[A-Za-z0-9_.]+/g, '_INBOX.bridge.1')
    .replaceAll(/(?<=_)r?[0-9a-f]{8,}/g, (id) => numbered(id, (number) => `${number}`.padStart(4, '0')))
    .replaceAll(/("timestamp": )\d+/g, '$11767225600')
    .replaceAll(/(`X-Deadline` \| `)\d+/g, '$11767225630000');
}
