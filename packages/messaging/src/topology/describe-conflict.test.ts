import { expect, it } from 'vitest';
import { describeConflict } from './describe-conflict.js';
import type { Difference, TopologyChange } from './topology-spec.js';

const DAY_NS = 86_400_000_000_000;
const conflict = (changes: Partial<TopologyChange>, ...differences: Difference[]): TopologyChange => ({
  kind: 'stream',
  name: 'PAYMENTS',
  stream: 'PAYMENTS',
  action: 'conflict',
  notes: [],
  differences,
  ...changes,
});

it.each([
  [
    'a lowered limit',
    conflict({}, { field: 'max_age', have: 7 * DAY_NS, want: DAY_NS / 24 }),
    'max_age is 7d, configured 1h: a limit only grows by itself, since a lower one would lose what is above it; if that is meant: nats stream edit PAYMENTS --max-age=1h',
  ],
  [
    'several of them',
    conflict(
      {},
      { field: 'duplicate_window', have: 120_000_000_000, want: 1_500_000_000 },
      { field: 'num_replicas', have: 3, want: 1 },
      { field: 'max_msgs', have: -1, want: 10 },
    ),
    'nats stream edit PAYMENTS --dupe-window=1500ms --replicas=1 --max-msgs=10',
  ],
  [
    'those of a bucket',
    conflict({ kind: 'bucket', name: 'b', stream: 'OBJ_b' }, { field: 'max_bytes', have: 9, want: 8 }),
    'nats stream edit OBJ_b --max-bytes=8',
  ],
  [
    'those of a consumer',
    conflict({ kind: 'consumer', name: 'c' }, { field: 'max_deliver', have: 3, want: 2 }),
    'nats consumer edit PAYMENTS c --max-deliver=2',
  ],
  [
    'what the server fixes',
    conflict({}, { field: 'storage', have: 'memory', want: 'file' }),
    'storage is "memory", configured "file": the server does not change that in what is there; configure it as it is',
  ],
])('says of %s what can be done, and never to delete', (_what, change, text) => {
  const said = describeConflict(change);
  expect(said).toContain(`the ${change.kind} ${change.name} is left as it is. `);
  expect(said).toContain(text);
  expect(said).not.toMatch(/delete|rm\b/);
});

it('says both of what is both', () => {
  const both = conflict(
    {},
    { field: 'max_msgs', have: 2, want: 1 },
    { field: 'retention', have: 'limits', want: 'workqueue' },
  );
  expect(describeConflict(both)).toMatch(/--max-msgs=1\. retention is "limits", configured "workqueue"/);
});
