/** The pages in docs/operations show what really goes over the wires; `npm run docs` writes them anew. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATIONS } from '@nats-bridge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driveEveryOperation, type Exchange } from './operation-examples.js';
import { indexPage, operationPage } from './operation-pages.js';
import { type Stack, startStack } from './stack-under-test.js';
import { ROOT } from './worker-process.js';

const FOLDER = join(ROOT, 'docs/operations');

describe('docs/operations', () => {
  let stack: Stack;
  let exchanges: readonly Exchange[];
  beforeAll(async () => {
    stack = await startStack();
    exchanges = await driveEveryOperation(stack);
  });
  afterAll(() => stack.close());

  it.each(OPERATIONS.map(({ operation }) => operation))(
    '%s: its page is what a run shows',
    async (operation) => {
      const exchange = exchanges.find((one) => one.operation === operation);
      expect(exchange?.reply.status).toBe('success');
      await expect(operationPage(exchange as Exchange)).toMatchFileSnapshot(join(FOLDER, `${operation}.md`));
    },
  );

  it('has a page for each operation, and a list of them', async () => {
    await expect(indexPage()).toMatchFileSnapshot(join(FOLDER, 'README.md'));
    const pages = readdirSync(FOLDER).filter((name) => name !== 'README.md');
    expect(pages.sort()).toEqual(OPERATIONS.map(({ operation }) => `${operation}.md`).sort());
  });
});
