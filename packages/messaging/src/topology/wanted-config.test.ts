import { expect, it } from 'vitest';
import { serverFeatures } from './server-features.js';
import { wantedBucket, wantedConsumer, wantedStream } from './wanted-config.js';

const SPEC = { stream: 'S', name: 'c', prioritized: true };

it('leaves priorities out on a server that has none, and says which has', () => {
  const { config, notes } = wantedConsumer(SPEC, serverFeatures('2.11.9'));
  expect(config).not.toHaveProperty('priority_policy');
  expect(config).not.toHaveProperty('priority_groups');
  expect(notes).toEqual(['no priorities, and no backup workers: the server is older than 2.12']);
});

it('asks for priorities where they are wanted, and nowhere else', () => {
  const features = serverFeatures('2.12.0');
  expect(wantedConsumer(SPEC, features)).toMatchObject({
    config: { priority_policy: 'prioritized', priority_groups: ['workers'] },
    notes: [],
  });
  const { config } = wantedConsumer({ ...SPEC, prioritized: false }, features);
  expect(config).not.toHaveProperty('priority_policy');
});

it('mirrors the stream of the same name in another domain, and gives it no subjects', () => {
  const features = serverFeatures('2.10.0');
  const external = { api: '$JS.a.API', deliver: '' };
  const { config: stream } = wantedStream({ name: 'S', mirrorOf: 'a' }, features);
  expect(stream).toMatchObject({ name: 'S', mirror: { name: 'S', external } });
  const { config: bucket } = wantedBucket({ name: 'b', kind: 'object', mirrorOf: 'a' });
  expect(bucket).toMatchObject({ name: 'OBJ_b', mirror: { name: 'OBJ_b', external } });
  for (const config of [stream, bucket]) expect(config).not.toHaveProperty('subjects');
  expect(wantedStream({ name: 'S', subjects: ['s'] }, features).config).not.toHaveProperty('mirror');
});
