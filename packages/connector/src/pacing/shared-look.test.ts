import { expect, it } from 'vitest';
import { shareLooks } from './shared-look.js';

/** Looks that end when they are told to. */
function looks() {
  const begun: { at: string; end: (found: string) => void; fail: (error: Error) => void }[] = [];
  const share = shareLooks(
    (at: string) => new Promise<string>((end, fail) => void begun.push({ at, end, fail })),
  );
  return { begun, share };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('is one for all who ask while another runs, and begins after it', async () => {
  const { begun, share } = looks();
  const first = share('a');
  await turn();
  const later = [share('a'), share('a')];
  const elsewhere = share('b');
  await turn();
  expect(begun.map(({ at }) => at)).toEqual(['a', 'b']);
  begun[0]?.end('old');
  begun[1]?.end('other');
  expect(await first).toBe('old');
  expect(await elsewhere).toBe('other');
  await turn();
  expect(begun.map(({ at }) => at)).toEqual(['a', 'b', 'a']);
  begun[2]?.end('new');
  expect(await Promise.all(later)).toEqual(['new', 'new']);
});

it('that fails is told to those who share it, and to nobody else', async () => {
  const { begun, share } = looks();
  const first = share('a');
  await turn();
  const second = share('a');
  begun[0]?.fail(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  begun[1]?.end('back');
  expect(await second).toBe('back');
});
