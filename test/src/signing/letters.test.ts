/** Dead letters of an installation that signs and seals: whoever has no keys for them changes nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { letterName, readAudit } from '@nats-bridge/connector';
import { streamState } from '@nats-bridge/messaging';
import { RECORD_STREAM } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { runCli } from '../cli-process.js';
import { neverSent } from '../never-sent.js';
import { until } from '../until.js';
import { payment } from './messages.js';
import { signingScene } from './signing-scene.js';

const { folder, serverUrl, sealingKeys, signing, bridgeWith, lettersOf } = signingScene();
const REASON = ['--reason', 'the processor was asked'];
const RESOLVED = ['--status', 'success', '--transaction-id', 'pi_1', ...REASON];

async function withLetter(of: 'signed' | 'sealed', more = {}) {
  const keys = of === 'signed' ? { signing: signing() } : { signing: undefined, ...sealingKeys().bridge };
  const bridge = bridgeWith({ timeouts: { authorize: 800 }, ...keys, ...more });
  const letters = await lettersOf(bridge);
  await neverSent({ nats: () => bridge.connection.get() }, () => bridge.authorize(payment('att_1')), 'att_1');
  const letter = await until('the letter', async () => (await letters.list())[0]);
  const recorded = async () => (await streamState(bridge.connection, RECORD_STREAM)).lastSeq;
  const before = await recorded();
  const untouched = async () => {
    expect(await letters.get(letter.queue, letter.seq)).toBeDefined();
    expect(await recorded()).toBe(before);
    return { audit: (await readAudit(bridge.connection)).map(({ action }) => action) };
  };
  return { bridge, letters, letter, untouched };
}
const dlq = (args: readonly string[], config?: string) =>
  runCli(['dlq', ...args, ...(config === undefined ? [] : ['--config', config])], {
    NATS_BRIDGE__BASE_URL: serverUrl(),
  });
const refusal = (of: string) => ({
  code: 1,
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`is ${of}, .*Nothing was changed: use the admin API`)),
});

describe.each(['signed', 'sealed'] as const)('a letter that is %s, and a command without keys', (of) => {
  it('is shown, and neither settled nor sent again', async () => {
    const { bridge, letters, letter, untouched } = await withLetter(of);
    const { lastSeq } = await streamState(bridge.connection, 'PAYMENTS');
    const name = letterName(letter);
    expect(await dlq(['show', name])).toMatchObject({ code: 0 });
    expect(await dlq(['resolve', name, ...RESOLVED])).toMatchObject(refusal(of));
    expect(await dlq(['retry', name, '--force-unknown', ...REASON])).toMatchObject(refusal(of));
    // Where the worker of a busy machine did not say in time that it keeps records, the doubt alone has it left.
    const isInDoubt = (await letters.verdict(letter)) === 'unknown';
    const why = isInDoubt ? '"unknown":1' : `"failed":.*is ${of}, `;
    for (const dryRun of [[], ['--dry-run']])
      expect(await dlq(['retry', '--since', '1h', ...REASON, '--json', ...dryRun])).toMatchObject({
        code: isInDoubt ? 0 : 1,
        stdout: expect.stringMatching(new RegExp(`"(would_retry|retried)":0,.*${why}`)),
      });
    expect(await untouched()).toEqual({ audit: [] });
    expect((await streamState(bridge.connection, 'PAYMENTS')).lastSeq).toBe(lastSeq);
  });

  it('can be discarded: that says nothing of the payment', async () => {
    const { letters, letter } = await withLetter(of);
    expect(await dlq(['discard', letterName(letter), ...REASON])).toMatchObject({ code: 0 });
    expect(await letters.list()).toEqual([]);
  });
});

describe('a signed letter', () => {
  it('is settled by a command with the keys, and bridges believe it', async () => {
    const { bridge, letter } = await withLetter('signed');
    const config = join(folder, 'with-keys.toml');
    const { seed_files, workers } = signing();
    writeFileSync(
      config,
      `[nats_bridge.signing]\nseed_files = ${JSON.stringify(seed_files)}\nworkers = ${JSON.stringify(workers)}\n`,
    );
    expect(await dlq(['resolve', letterName(letter), ...RESOLVED], config)).toMatchObject({ code: 0 });
    expect(await bridge.findAnswer('merchant_1', 'authorize:att_1')).toMatchObject({
      transaction_id: 'pi_1',
    });
  });

  it('whose settling waits for a second person still waits when that one has no keys', async () => {
    const approvals = { required_for: ['resolve' as const] };
    const { letters, letter, untouched } = await withLetter('signed', { approvals });
    const settled = { status: 'success', transactionId: 'pi_1' } as const;
    await letters.resolve(letter, { who: 'jo', why: 'found there' }, settled);
    const [proposal] = await letters.approvals.list();
    const config = join(folder, 'approvals.toml');
    writeFileSync(config, '[nats_bridge.approvals]\nrequired_for = ["resolve"]\n');
    const approve = ['approve', proposal?.id ?? '', '--as', 'sam', ...REASON];
    expect(await dlq(approve, config)).toMatchObject(refusal('signed'));
    expect(await letters.approvals.get(proposal?.id ?? '')).toMatchObject({ state: 'waiting' });
    expect(await untouched()).toEqual({ audit: ['propose'] });
  });
});
