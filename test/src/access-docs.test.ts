/** The table of roles and subjects in docs/access.md says what the source does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessRows, DEFAULT_LAYOUT, FIXED, planAccounts, type WorkerPrincipal } from '@nats-bridge/access';
import { OPERATIONS } from '@nats-bridge/protocol';
import { expect, it } from 'vitest';
import { ROOT } from './worker-process.js';

const HEADING = '## Roles and subjects\n';
const WORKER: WorkerPrincipal = {
  role: 'worker',
  name: 'worker',
  pool: 'acme',
  operations: ['authorize', 'handle_webhook'],
  hasOwnStore: false,
};

/** Operations, merchant, pool and stream by what they are. */
function inGeneral(subject: string): string {
  const names = OPERATIONS.map(({ operation }) => operation).join('|');
  return subject
    .replaceAll(new RegExp(`(?<=\\.)(${names})(?=\\.|$)`, 'g'), '{operation}')
    .replaceAll(new RegExp(`(?<=hyperswitch-consumer(-acme)?-)(${names})(?=\\.|$)`, 'g'), '{operation}')
    .replaceAll('merchant_a', '{merchant_id}')
    .replaceAll('acme', '{pool}')
    .replaceAll('PAYMENTS', '{stream}');
}

function written(): string[] {
  const document = readFileSync(join(ROOT, 'docs/access.md'), 'utf8').split(HEADING)[1] ?? '';
  return document.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| role'));
}

it('lists every subject of every role, and no other', () => {
  const plans = planAccounts(DEFAULT_LAYOUT, { acme: ['merchant_a'] }, [...FIXED, WORKER]);
  const rows = accessRows(plans).map(
    ({ user, way, subject }) => `| ${user} | ${way} | \`${inGeneral(subject)}\` |`,
  );
  expect(written()).toEqual([...new Set(rows)]);
});

it.each<[string, Partial<WorkerPrincipal>]>([
  ['a general worker', { pool: undefined }],
  ['a worker of a pool that any merchant may be routed to', { pool: 'eu', servesAnyMerchant: true }],
])('says what %s is denied of the merchants that have a pool', (_who, changes) => {
  const general: WorkerPrincipal = { ...WORKER, name: 'general', ...changes };
  const plans = planAccounts(DEFAULT_LAYOUT, { acme: ['merchant_a'], eu: [] }, [...FIXED, WORKER, general]);
  const denied = accessRows(plans).filter(({ user, way }) => user === 'general' && way === 'never publish');
  expect(denied.map(({ subject }) => subject)).toEqual([
    'hyperswitch.operations.merchant_a.*.*',
    '$JS.BRIDGE.API.DIRECT.GET.OPERATIONS.hyperswitch.operations.merchant_a.*.*',
    'hyperswitch.answers.merchant_a.*.*.*',
    'hyperswitch.logs.worker.*.merchant_a',
  ]);
});
