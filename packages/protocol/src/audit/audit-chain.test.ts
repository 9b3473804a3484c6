import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditEntry, type ChainedEntry, chainEntry, verifyChain } from './audit-chain.js';

/** Stands for NKEYs, which are tested where they are: here only whether the signature is looked at. */
const signer = { publicKey: 'K1', sign: (hash: string) => `signed ${hash}` };
const verify = (_key: string, hash: string, signature: string) => signature === `signed ${hash}`;

const entry = fc.record({
  action: fc.constantFrom('retry', 'edit', 'resolve', 'discard'),
  who: fc.string(),
  why: fc.string(),
  what: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())),
  at: fc.constant('2026-11-24T12:00:00.000Z'),
});

function chainOf(entries: readonly AuditEntry[]): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  for (const one of entries) chain.push(chainEntry(one, chain.at(-1), signer));
  return chain;
}
const chains = fc.array(entry, { minLength: 3, maxLength: 12 }).map(chainOf);
const place = (chain: readonly unknown[]) => fc.nat(chain.length - 1);
const check = { verify, publicKeys: ['K1'] };

describe('the chain of the audit', () => {
  it('holds as it was written, over a file too', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const read = JSON.parse(JSON.stringify(chain)) as unknown[];
        expect(verifyChain(read, check)).toMatchObject({
          ok: true,
          entries: chain.length,
          signed: chain.length,
          first: 1,
          head: chain.at(-1)?.hash,
        });
      }),
    );
  });

  it.each<[string, (chain: ChainedEntry[], at: number) => ChainedEntry[]]>([
    [
      'that is removed from the middle',
      (chain, at) => chain.filter((_, index) => index !== Math.max(1, Math.min(at, chain.length - 2))),
    ],
    [
      'that is altered',
      (chain, at) => chain.with(at, { ...(chain[at] as ChainedEntry), why: 'another reason, surely' }),
    ],
    [
      'that is altered, with its hash made anew',
      (chain, at) => {
        const one = chain[at] as ChainedEntry;
        const { hash } = chainEntry(
          { ...one, why: 'another reason, surely' },
          at === 0 ? undefined : chain[at - 1],
        );
        return chain.with(at, { ...one, why: 'another reason, surely', hash });
      },
    ],
    ['that is said twice', (chain, at) => chain.toSpliced(at, 0, chain[at] as ChainedEntry)],
    [
      'that changed its place',
      (chain, at) => {
        const to = (at + 1) % chain.length;
        return chain.with(at, chain[to] as ChainedEntry).with(to, chain[at] as ChainedEntry);
      },
    ],
    [
      'that somebody else signed',
      (chain, at) => chain.with(at, { ...(chain[at] as ChainedEntry), key: 'K2' }),
    ],
    [
      'that is not signed',
      (chain, at) => {
        const { key: _, signature: __, ...bare } = chain[at] as ChainedEntry;
        return chain.with(at, bare);
      },
    ],
  ])('shows an entry %s', (_what, tamper) => {
    const tampered = chains.chain((chain) => place(chain).map((at) => tamper([...chain], at)));
    fc.assert(fc.property(tampered, (chain) => !verifyChain(chain, check).ok));
  });

  it('cannot know of entries that are missing at its end, unless its head was kept', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const short = chain.slice(0, -1);
        expect(verifyChain(short, check).ok).toBe(true);
        expect(verifyChain(short, { ...check, head: chain.at(-1)?.hash ?? '' }).problems).toMatchObject([
          { n: 0 },
        ]);
        expect(verifyChain(chain, { ...check, head: short.at(-1)?.hash ?? '' }).ok).toBe(true);
      }),
    );
  });

  it('may begin late, when older entries have expired, and after entries from before there was one', () => {
    const before: AuditEntry = {
      action: 'retry',
      who: 'jo',
      why: 'x',
      what: {},
      at: '2026-11-01T00:00:00.000Z',
    };
    const chain = chainOf([before, before, before]);
    expect(verifyChain(chain.slice(1), check)).toMatchObject({ ok: true, first: 2 });
    expect(verifyChain([before, ...chain], check)).toMatchObject({ ok: true, unchained: 1 });
    expect(verifyChain([...chain, before], check).problems).toEqual([
      { n: 3, why: 'an entry after it is not part of the chain' },
    ]);
  });
});
