/**
 * A hostile worker: it has the credentials of merchant A's pool, knows every name and number, and speaks NATS itself.
 * It must not read, answer, acknowledge, replay or hold up anything of merchant B, nor reach ledger, letters or audit.
 * One of the general pool must not write for merchants of a pool; what it can read of them is in docs/access.md.
 */
import { PROOFS } from '@nats-bridge/access';
import { NatsBridge, topologyOf } from '@nats-bridge/connector';
import { applyTopology } from '@nats-bridge/messaging';
import {
  answerSubject,
  auditSubject,
  guardedSubject,
  letterSubject,
  RECORD_STREAM,
  recordSubject,
} from '@nats-bridge/protocol';
import { createWorker, type Handler } from '@nats-bridge/worker';
import { jetstreamManager } from '@nats-io/jetstream';
import { headers, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { afterEach, describe, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { type AccessUnderTest, startAccess } from './access-under-test.js';
import { until } from './until.js';

const OWN = 'hyperswitch-consumer-acme';
const API = '$JS.BRIDGE.API';
const FORGED = JSON.stringify({ status: 'success', transaction_id: 'forged' });

describe.each(PROOFS)('with %s, a worker of merchant A', (proof) => {
  let access: AccessUnderTest;
  const closing: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** Merchant B's worker is at work on what the attacker is after until `finish` is called. */
  async function scene() {
    access = await startAccess(proof, [
      { name: 'general' },
      { name: 'acme', pool: 'acme', merchants: ['merchant_a'], hasOwnStore: true },
    ]);
    closing.push(() => access.close());
    const connection = access.connect('bridge');
    const bridge = new NatsBridge(
      {
        request_timeout_ms: 8_000,
        jetstream: { num_replicas: 1 },
        pools: { acme: { merchants: ['merchant_a'] } },
      },
      { connection },
    );
    closing.push(() => bridge.close());
    await bridge.prepare();
    const runs: string[] = [];
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const handler: Handler = async ({ operation }) => {
      runs.push(operation);
      await finished;
      return { status: 'success', transaction_id: 'true' };
    };
    const worker = createWorker({
      name: 'general',
      connection: access.connect('general'),
      handlers: { authorize: handler, sync: handler },
    });
    closing.push(() => worker.stop());
    await worker.start();
    const attacker = await access.connect('acme').get();
    const heard: Msg[] = [];
    const callback = (refused: Error | null, message: Msg) => {
      if (refused === null) heard.push(message);
    };
    for (const subject of [
      '_INBOX.>',
      '>',
      '*.>',
      '$JS.ACK.>',
      '$JS.EVENT.>',
      'hyperswitch.>',
      '_R_.>',
      guardedSubject('authorize'),
    ])
      attacker.subscribe(subject, { callback });
    await attacker.flush();
    return { bridge, connection, worker, attacker, heard, runs, finish };
  }

  it('cannot answer or overwrite what another works on, by any of the three ways of a reply', async () => {
    const { bridge, connection, attacker, heard, runs, finish } = await scene();
    const paying = bridge.authorize(routerData('merchant_b', 'att_b1'));
    const asking = bridge.sync(routerData('merchant_b', 'att_b1'));
    await until('both are in hand', () => (runs.length === 2 ? true : undefined));

    const record = recordSubject('merchant_b', 'authorize:att_b1');
    attacker.publish(record, FORGED);
    for (const bridgeId of ['*', 'x'])
      attacker.publish(answerSubject('merchant_b', 'sync', bridgeId, 'x'), FORGED);
    // Its own consumer's acknowledgement subjects are open to it; the numbers in them are not checked by the server.
    const now = BigInt(Date.now()) * 1_000_000n;
    for (const operation of ['authorize', 'sync'])
      for (let seq = 1; seq <= 4; seq++)
        for (const body of [FORGED, '+ACK', '+TERM', '-NAK', '+NXT'])
          for (const consumer of [`${OWN}-${operation}`, `hyperswitch-consumer-${operation}`])
            attacker.publish(`$JS.ACK.PAYMENTS.${consumer}.1.${seq}.1.${now}.0`, body);
    await attacker.flush();
    finish();
    expect(await paying).toMatchObject({ kind: 'answered', transactionId: 'true' });
    expect(await asking).toMatchObject({ kind: 'answered', transactionId: 'true' });
    expect(runs.toSorted()).toEqual(['authorize', 'sync']);
    await until('the record has the answer', async () =>
      (await lastRecord(await connection.get(), record))?.includes('true') ? true : undefined,
    );
    expect(textOf(heard)).not.toContain('pay_of_att_b');
  });

  it('cannot have JetStream publish for it where it may not itself', async () => {
    const { bridge, connection, attacker, heard, runs, finish } = await scene();
    const owner = await connection.get();
    const paying = bridge.authorize(routerData('merchant_b', 'att_b2'));
    await until('it is in hand', () => (runs.length === 1 ? true : undefined));
    // A record of its own that says what it wants B's to say …
    const own = recordSubject('merchant_a', 'authorize:att_b2');
    const answered = headers();
    answered.set('X-Record-State', 'answered');
    const written = await attacker.request(own, FORGED, { headers: answered, timeout: 2_000 });
    expect(written.json()).toMatchObject({ stream: RECORD_STREAM });
    // … and every question whose answer the server would publish wherever the question says.
    const targets = [
      recordSubject('merchant_b', 'authorize:att_b2'),
      recordSubject('merchant_b', 'authorize:att_b9'),
      letterSubject('dead_letters', 'merchant_b', 'authorize'),
      auditSubject('forged'),
      `$JS.API.STREAM.DELETE.${RECORD_STREAM}`,
      '$JS.API.STREAM.PURGE.PAYMENTS',
      `$JS.API.CONSUMER.DELETE.PAYMENTS.hyperswitch-consumer-authorize`,
    ];
    for (const reply of targets) {
      attacker.publish(`${API}.DIRECT.GET.${RECORD_STREAM}.${own}`, '', { reply });
      attacker.publish(recordSubject('merchant_a', 'authorize:att_3'), FORGED, { reply });
      attacker.publish(`${API}.CONSUMER.INFO.PAYMENTS.${OWN}-authorize`, '', { reply });
      attacker.publish(`${API}.CONSUMER.MSG.NEXT.PAYMENTS.${OWN}-authorize`, '', { reply });
    }
    await attacker.flush();
    void bridge.authorize(routerData('merchant_a', 'att_4')); // nobody is there for it
    finish();
    expect(await paying).toMatchObject({ kind: 'answered', transactionId: 'true' });
    const manager = await jetstreamManager(owner, { checkAPI: false });
    for (const stream of ['DEAD_LETTERS', 'AUDIT'])
      expect((await manager.streams.info(stream)).state.messages).toBe(0);
    expect(await lastRecord(owner, recordSubject('merchant_b', 'authorize:att_b2'))).toContain('true');
    expect(await lastRecord(owner, recordSubject('merchant_b', 'authorize:att_b9'))).toBeUndefined();
    const changes = await applyTopology(connection, topologyOf(bridge.config), { dryRun: true });
    expect(changes.filter(({ action }) => action === 'created')).toEqual([]);
    expect(textOf(heard)).not.toContain('pay_of_att_b');
  });

  it('cannot read, replay or hold up what is not its own', async () => {
    const { bridge, attacker, heard, worker, finish } = await scene();
    finish();
    await bridge.authorize(routerData('merchant_b', 'att_b5'));
    const record = recordSubject('merchant_b', 'authorize:att_b5');
    const questions = [
      `STREAM.MSG.GET.${RECORD_STREAM}`,
      'STREAM.MSG.GET.PAYMENTS',
      'STREAM.MSG.GET.PAYMENTS_ARCHIVE',
      `DIRECT.GET.${RECORD_STREAM}.${record}`,
      `DIRECT.GET.${RECORD_STREAM}`,
      'DIRECT.GET.PAYMENTS_ARCHIVE',
      'CONSUMER.CREATE.PAYMENTS.mine.hyperswitch.payments.>',
      'CONSUMER.DURABLE.CREATE.PAYMENTS.mine',
      'CONSUMER.MSG.NEXT.PAYMENTS.hyperswitch-consumer-authorize',
      'CONSUMER.INFO.PAYMENTS.hyperswitch-consumer-authorize',
      'STREAM.INFO.PAYMENTS',
      'STREAM.LIST',
      'STREAM.NAMES',
    ];
    const body = JSON.stringify({ seq: 1, last_by_subj: record });
    for (const question of questions)
      for (const prefix of [API, '$JS.API']) {
        const answer = await attacker
          .request(`${prefix}.${question}`, body, { timeout: 250 })
          .catch(() => undefined);
        // Its own account has streams of its own, and knows none of these.
        if (answer !== undefined) expect(answer.string(), question).not.toContain('hyperswitch');
      }
    attacker.publish('hyperswitch.payments.merchant_b.authorize', FORGED);
    await attacker.flush();
    await worker.stop();
    // It said "here" for a pool that is not its own, and nobody believed it.
    const startedAt = performance.now();
    expect(await bridge.authorize(routerData('merchant_b', 'att_b6'))).toMatchObject({
      kind: 'not_sent',
      error: { code: 'NO_WORKERS_AVAILABLE' },
    });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(textOf(heard)).not.toContain('pay_of_att_b');
  });
});

describe.each(PROOFS)('with %s, a general worker', (proof) => {
  const closing: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it('cannot answer or write for a merchant of a pool, nor ask for its records by name', async () => {
    const access = await startAccess(proof, [
      { name: 'general' },
      { name: 'acme', pool: 'acme', merchants: ['merchant_a'] },
    ]);
    closing.push(() => access.close());
    const bridge = new NatsBridge(
      { jetstream: { num_replicas: 1 }, pools: { acme: { merchants: ['merchant_a'] } } },
      { connection: access.connect('bridge') },
    );
    closing.push(() => bridge.close());
    await bridge.prepare();
    const worker = createWorker({
      name: 'acme',
      pool: 'acme',
      connection: access.connect('acme'),
      handlers: { authorize: async () => ({ status: 'success', transaction_id: 'true' }) },
    });
    closing.push(() => worker.stop());
    await worker.start();
    const attacker = await access.connect('general').get();
    const paying = await bridge.authorize(routerData('merchant_a', 'att_a1'));
    expect(paying).toMatchObject({ kind: 'answered', transactionId: 'true' });

    const record = recordSubject('merchant_a', 'authorize:att_a1');
    const own = recordSubject('merchant_b', 'authorize:att_b1');
    const get = (subject: string) => `${API}.DIRECT.GET.${RECORD_STREAM}.${subject}`;
    attacker.publish(record, FORGED);
    attacker.publish(answerSubject('merchant_a', 'authorize', 'x', 'x'), FORGED);
    expect(await attacker.request(get(record), '', { timeout: 250 }).catch(() => undefined)).toBeUndefined();
    // A record of its own that says what it wants the other to say, and every question that it may ask.
    const answered = headers();
    answered.set('X-Record-State', 'answered');
    const written = await attacker.request(own, FORGED, { headers: answered, timeout: 2_000 });
    expect(written.json()).toMatchObject({ stream: RECORD_STREAM });
    const consumer = 'PAYMENTS.hyperswitch-consumer-authorize';
    for (const question of [get(own), own, `${API}.CONSUMER.INFO.${consumer}`])
      for (const reply of [record, `$JS.API.STREAM.DELETE.${RECORD_STREAM}`])
        attacker.publish(question, FORGED, { headers: answered, reply });
    // The permissions are no bar to a star, which writes a record that nobody asks for, and none of the merchant's.
    const starred = 'hyperswitch.operations.*.authorize.*';
    const stored = await attacker.request(starred, FORGED, { headers: answered, timeout: 2_000 });
    expect(stored.json()).toMatchObject({ stream: RECORD_STREAM });
    await attacker.request(get(own), '', { timeout: 2_000 }); // answered after all that was asked before
    const owner = await access.connect('bridge').get();
    expect(await lastRecord(owner, record)).toContain('true');
    expect(await bridge.authorize(routerData('merchant_a', 'att_a1'))).toMatchObject({
      kind: 'answered',
      transactionId: 'true',
    });
  });
});

async function lastRecord(nats: NatsConnection, subject: string): Promise<string | undefined> {
  const manager = await jetstreamManager(nats, { checkAPI: false });
  const message = await manager.streams
    .getMessage(RECORD_STREAM, { last_by_subj: subject })
    .catch(() => null);
  return message?.string();
}

/** Everything that came: subjects, headers and bodies. */
function textOf(messages: readonly Msg[]): string {
  return messages
    .map(({ subject, headers, data }) => `${subject} ${headers ?? ''} ${Buffer.from(data)}`)
    .join('\n');
}
