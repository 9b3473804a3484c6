import { describe, expect, it } from 'vitest';
import { compareConfig, mergeConfig } from './compare-config.js';

const fields = (list: readonly { field: string }[]) => list.map(({ field }) => field);

describe('compareConfig', () => {
  it.each([
    ['a limit that grows', { max_msgs: 10 }, { max_msgs: 20 }],
    ['a limit that is lifted', { max_age: 10 }, { max_age: 0 }],
    ['a subject more', { subjects: ['a'] }, { subjects: ['a', 'b'] }],
    ['more replicas', { num_replicas: 1 }, { num_replicas: 3 }],
    ['deletion denied from now on', { deny_delete: false }, { deny_delete: true }],
    ['a filter that takes more', { filter_subject: 'a.b' }, { filter_subjects: ['a.*', 'c'] }],
    ['another ack wait', { ack_wait: 2 }, { ack_wait: 1 }],
    ['priorities where there were none', {}, { priority_policy: 'prioritized' }],
    ['direct reads', { allow_direct: false }, { allow_direct: true }],
  ])('may change %s', (_what, have, want) => {
    const { changeable, conflicting } = compareConfig(have, want);
    expect(changeable).toHaveLength(1);
    expect(conflicting).toEqual([]);
  });

  it.each([
    ['a limit that shrinks', { max_msgs: 20 }, { max_msgs: 10 }],
    ['a limit where there was none', { max_age: 0 }, { max_age: 10 }],
    ['fewer deliveries', { max_deliver: -1 }, { max_deliver: 3 }],
    ['a shorter duplicate window', { duplicate_window: 2 }, { duplicate_window: 1 }],
    ['fewer replicas', { num_replicas: 3 }, { num_replicas: 1 }],
    ['deletion allowed again', { deny_purge: true }, { deny_purge: false }],
    ['another storage', { storage: 'file' }, { storage: 'memory' }],
    ['another retention', { retention: 'limits' }, { retention: 'workqueue' }],
    ['another origin', { mirror: { name: 'S' } }, { mirror: { name: 'T' } }],
    ['a mirror where there is a stream', {}, { mirror: { name: 'S' } }],
    ['a filter that takes less', { filter_subject: 'a.>' }, { filter_subject: 'a.b' }],
    ['a filter where there was none', {}, { filter_subject: 'a.b' }],
    ['other priorities', { priority_policy: 'overflow' }, { priority_policy: 'prioritized' }],
    ['another priority group', { priority_groups: ['theirs'] }, { priority_groups: ['workers'] }],
    ['push for pull', {}, { deliver_subject: 'd' }],
  ])('leaves alone %s', (_what, have, want) => {
    const { changeable, conflicting } = compareConfig(have, want);
    expect(conflicting).toHaveLength(1);
    expect(changeable).toEqual([]);
  });

  it.each([
    ['no limit, spelled otherwise', { max_msgs: -1 }, { max_msgs: 0 }],
    ['a default the server leaves out', {}, { deny_delete: false, max_age: 0, description: '' }],
    ['a subject besides the wanted ones', { subjects: ['a', 'mine'] }, { subjects: ['a'] }],
    ['metadata the server adds', { metadata: { '_nats.level': '1', a: '1' } }, { metadata: { a: '1' } }],
    ['the same filter in the other field', { filter_subjects: ['a'] }, { filter_subject: 'a' }],
    ['fields nobody asked for', { max_consumers: 7 }, {}],
  ])('sees no difference in %s', (_what, have, want) => {
    expect(compareConfig(have, want)).toEqual({ changeable: [], conflicting: [] });
  });

  it('names what it found', () => {
    const { changeable, conflicting } = compareConfig(
      { ack_wait: 1, max_msgs: 9 },
      { ack_wait: 2, max_msgs: 1 },
    );
    expect(fields(changeable)).toEqual(['ack_wait']);
    expect(conflicting).toEqual([{ field: 'max_msgs', have: 9, want: 1 }]);
  });
});

describe('mergeConfig', () => {
  it('changes only what may change, and only adds subjects', () => {
    const have = { subjects: ['mine'], max_msgs: 9, ack_wait: 1 };
    const want = { subjects: ['a'], max_msgs: 1, ack_wait: 2 };
    const { changeable } = compareConfig(have, want);
    expect(mergeConfig(have, want, changeable)).toEqual({
      subjects: ['mine', 'a'],
      max_msgs: 9,
      ack_wait: 2,
    });
  });
});
