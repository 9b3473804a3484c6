import { describe, expect, it } from 'vitest';
import { NO_STREAM, type PubRefusal } from './pub-ack.js';
import { afterRefusal, afterSilence, refusalAdvice } from './store-attempts.js';

const full: PubRefusal = {
  kind: 'refused',
  natsCode: 10077,
  description: 'maximum messages exceeded',
  transient: false,
};

describe('a publish that is not confirmed', () => {
  it('is refused only when every attempt was', () => {
    expect(afterRefusal({ published: 1, refused: 1 }, full, 3, 0, 2_000)).toEqual({ kind: 'refused' });
    expect(afterRefusal({ published: 2, refused: 1 }, full, 3, 0, 2_000)).toEqual({
      kind: 'wait',
      untilMs: 2_000,
    });
  });

  it('is tried again after a pause when there is no leader, so often', () => {
    expect(afterRefusal({ published: 1, refused: 1 }, NO_STREAM, 3, 1_000, 2_000)).toMatchObject({
      kind: 'wait',
    });
    expect(afterRefusal({ published: 4, refused: 4 }, NO_STREAM, 3, 1_000, 2_000)).toEqual({
      kind: 'refused',
    });
  });

  it('is published again after silence, so often, and then unknown', () => {
    expect(afterSilence({ published: 3, refused: 0 }, 3)).toEqual({ kind: 'republish' });
    expect(afterSilence({ published: 4, refused: 0 }, 3)).toEqual({ kind: 'unconfirmed' });
  });

  it('comes with advice', () => {
    expect(refusalAdvice(full)).toContain('limit');
    expect(refusalAdvice(NO_STREAM)).toContain('JetStream');
  });
});
