import { describe, expect, it } from 'vitest';
import { isVersionAtLeast, SERVER_FEATURES, serverFeatures } from './server-features.js';

describe('serverFeatures', () => {
  it.each([
    ['2.9.10', [false, false, false]],
    ['2.10.27', [true, false, false]],
    ['2.11.0', [true, true, false]],
    ['2.15.2', [true, true, true]],
    ['', [false, false, false]],
  ])('knows server %s', (version, expected) => {
    const { syncAlways, perMessageTtl, scheduledMessages } = serverFeatures(version);
    expect([syncAlways, perMessageTtl, scheduledMessages]).toEqual(expected);
  });

  it('says since when', () => {
    expect(SERVER_FEATURES).toContainEqual({ feature: 'consumerPause', since: '2.11.0' });
  });
});

describe('isVersionAtLeast', () => {
  it.each([
    ['2.10.4', '2.10.4', true],
    ['2.10.3', '2.10.4', false],
    ['2.9.30', '2.10.0', false],
    ['3.0.0', '2.10.4', true],
    ['2.12.0-RC.1', '2.12.0', true],
  ])('%s against %s is %s', (version, least, expected) => {
    expect(isVersionAtLeast(version, least)).toBe(expected);
  });
});
