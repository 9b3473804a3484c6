import { OPERATIONS } from '@nats-bridge/protocol';
import { expect, it } from 'vitest';
import { eventLine } from './event-line.js';

it('names what a worker takes, but not one by one what it takes all of', () => {
  const started = { type: 'started', mode: 'jetstream' } as const;
  const all = OPERATIONS.map(({ operation }) => operation);
  expect(eventLine({ ...started, operations: ['authorize', 'capture'] }).message).toBe(
    'takes authorize, capture (jetstream)',
  );
  expect(eventLine({ ...started, operations: all }).message).toBe('takes every operation (jetstream)');
});
