import { readFileSync } from 'node:fs';
import { OPERATIONS } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { allHandlers } from './all-handlers.js';

/** Operations by what the table of docs/stripe.md says is done for them at Stripe. */
function documented(): Map<string, string> {
  const text = readFileSync(new URL('../../../../docs/stripe.md', import.meta.url), 'utf8');
  const rows = (text.split('## Operations')[1] ?? '').split('## ')[0]?.match(/^\| `.*$/gm) ?? [];
  return new Map(
    rows.flatMap((row) => {
      const [, names = '', atStripe = ''] = row.split('|');
      return [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name as string, atStripe.trim()] as const);
    }),
  );
}

describe('the table of docs/stripe.md', () => {
  it('says of every operation of the catalogue whether this worker has it', () => {
    const handlers = allHandlers({});
    const table = documented();
    for (const { operation } of OPERATIONS) {
      const atStripe = table.get(operation);
      expect(atStripe, operation).toBeDefined();
      expect(/^(not )?offered/.test(atStripe ?? ''), operation).toBe(handlers[operation] === undefined);
    }
  });
});
