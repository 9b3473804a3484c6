/**
 * Every role and every class of subject, on a real server: what a role may do works, and everything else is refused.
 * What is refused is said by the server (permissions violation), not concluded from silence.
 */
import { type AccessState, PROOFS } from '@nats-bridge/access';
import { bridgeConfigSchema, topologyOf } from '@nats-bridge/connector';
import { applyTopology, type Connection } from '@nats-bridge/messaging';
import {
  APPROVAL_STREAM,
  AUDIT_STREAM,
  aliveSubject,
  answerSubject,
  approvalSubject,
  auditSubject,
  defaultSubjectTemplate,
  guardedSubject,
  LATE_STREAM,
  LOG_STREAM,
  LOOKED_SUBJECT,
  lateSubject,
  letterSubject,
  logSubject,
  NOTICE_CONSUMER,
  NOTICE_STREAM,
  poolTemplate,
  QUEUE_STREAM,
  RECORD_STREAM,
  recordSubject,
  subjectFor,
  webhookSubject,
} from '@nats-bridge/protocol';
import { type NatsConnection, PermissionViolationError } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessUnderTest, startAccess } from './access-under-test.js';

const ROLES = ['bridge', 'general', 'acme', 'refunds', 'operator', 'auditor'] as const;
type Role = (typeof ROLES)[number];

const CONSUMER = 'hyperswitch-consumer';
const payments = (merchant: string, operation: 'authorize' | 'refund', pool?: string) =>
  subjectFor(poolTemplate(defaultSubjectTemplate(operation), pool), merchant);
/** Under the domain for those who borrow, under their own name for the bridge. */
const api = (rest: string) => `$JS.API.${rest}`;
const ack = (consumer: string) => `$JS.ACK.PAYMENTS.${consumer}.1.1.1.1.0`;
const lastOf = (subject: string) => api(`DIRECT.GET.${RECORD_STREAM}.${subject}`);

const WORKER_LINE = { module: 'worker', level: 'info' } as const;

/**
 * Class, subject, and who may publish on it. `merchant_a` belongs to the pool of `acme`, which takes authorize and
 * sync; `general` serves everybody else, `refunds` only refund of them.
 */
const PUBLISH: readonly (readonly [what: string, subject: string, may: readonly Role[]])[] = [
  ['request of the general pool', payments('merchant_b', 'authorize'), ['bridge', 'operator']],
  ['request of a pool', payments('merchant_a', 'authorize', 'acme'), ['bridge', 'operator']],
  ['webhook', webhookSubject('merchant_b', 'stripe'), ['bridge']],
  ['webhook of a pool', webhookSubject('merchant_a', 'stripe', 'acme'), ['bridge']],
  ['record', recordSubject('merchant_b', 'authorize:1'), ['bridge', 'operator', 'general']],
  [
    'record of refunds',
    recordSubject('merchant_b', 'refund:1'),
    ['bridge', 'operator', 'general', 'refunds'],
  ],
  ["record of a pool's merchant", recordSubject('merchant_a', 'authorize:1'), ['bridge', 'operator', 'acme']],
  ["record of refunds of a pool's merchant", recordSubject('merchant_a', 'refund:1'), ['bridge', 'operator']],
  ['answer without record', answerSubject('merchant_b', 'sync', 'b', 'c'), ['general']],
  ["answer to a pool's merchant", answerSubject('merchant_a', 'sync', 'b', 'c'), ['acme']],
  ['late note', lateSubject('merchant_b', 'authorize:1'), ['bridge', 'operator']],
  ['how far records were looked through', LOOKED_SUBJECT, ['bridge']],
  ['dead letter', letterSubject('dead_letters', 'merchant_b', 'authorize'), ['bridge']],
  ['intervention', letterSubject('interventions', 'merchant_b', 'authorize'), ['bridge']],
  ['audit entry', auditSubject('retry'), ['bridge', 'operator']],
  ['rate limits', 'hyperswitch.limits.b', ['bridge']],
  ['log line', 'hyperswitch.logs.calls.info.merchant_b', ['bridge']],
  [
    'log line of a worker',
    logSubject({ ...WORKER_LINE, merchant_id: 'merchant_b' }),
    ['bridge', 'general', 'refunds'],
  ],
  [
    "log line of a pool's worker",
    logSubject({ ...WORKER_LINE, merchant_id: 'merchant_a' }),
    ['bridge', 'acme'],
  ],
  ['log line of a worker about itself', logSubject(WORKER_LINE), ['bridge', 'general', 'acme', 'refunds']],
  ['proposal', approvalSubject('interventions', 1), ['bridge', 'operator']],
  ['who is there', guardedSubject('authorize'), ['bridge', 'operator']],
  ['who is there, of a pool', aliveSubject('authorize', 'acme'), ['bridge', 'operator']],
  ['micro services', '$SRV.PING', ['bridge', 'operator']],
  ['inbox of somebody', '_INBOX.somebody.1', []],
  ['object store', '$O.hyperswitch-bodies.C.x', ['bridge']],
  ['acknowledgement', ack(`${CONSUMER}-authorize`), ['bridge', 'general']],
  ['acknowledgement of refunds', ack(`${CONSUMER}-refund`), ['bridge', 'general', 'refunds']],
  ['acknowledgement in a pool', ack(`${CONSUMER}-acme-authorize`), ['bridge', 'acme']],
  ['pull', api(`CONSUMER.MSG.NEXT.PAYMENTS.${CONSUMER}-authorize`), ['general']],
  ['pull of refunds', api(`CONSUMER.MSG.NEXT.PAYMENTS.${CONSUMER}-refund`), ['general', 'refunds']],
  ['pull in a pool', api(`CONSUMER.MSG.NEXT.PAYMENTS.${CONSUMER}-acme-authorize`), ['acme']],
  ['pull in a pool, another operation', api(`CONSUMER.MSG.NEXT.PAYMENTS.${CONSUMER}-acme-refund`), []],
  ['pull of notices', api(`CONSUMER.MSG.NEXT.${NOTICE_STREAM}.${NOTICE_CONSUMER}`), ['bridge']],
  [
    'consumer info',
    api(`CONSUMER.INFO.PAYMENTS.${CONSUMER}-authorize`),
    ['bridge', 'general', 'operator', 'auditor'],
  ],
  [
    'consumer info in a pool',
    api(`CONSUMER.INFO.PAYMENTS.${CONSUMER}-acme-authorize`),
    ['bridge', 'acme', 'operator', 'auditor'],
  ],
  ['consumers', api('CONSUMER.LIST.PAYMENTS'), ['bridge', 'operator', 'auditor']],
  ['stream info', api('STREAM.INFO.PAYMENTS'), ['bridge', 'operator', 'auditor']],
  ['make a consumer', api('CONSUMER.CREATE.PAYMENTS.mine'), ['bridge']],
  ['make a consumer of letters', api(`CONSUMER.CREATE.${QUEUE_STREAM.dead_letters}.mine`), ['bridge']],
  ['make a durable consumer', api('CONSUMER.DURABLE.CREATE.PAYMENTS.mine'), ['bridge']],
  ['delete a consumer', api(`CONSUMER.DELETE.PAYMENTS.${CONSUMER}-authorize`), []],
  ['pause a consumer', api(`CONSUMER.PAUSE.PAYMENTS.${CONSUMER}-authorize`), []],
  ['make a stream', api('STREAM.CREATE.MINE'), ['bridge']],
  ['change a stream', api('STREAM.UPDATE.PAYMENTS'), ['bridge']],
  ['delete a stream', api('STREAM.DELETE.PAYMENTS'), []],
  ['purge the ledger', api(`STREAM.PURGE.${RECORD_STREAM}`), []],
  ['purge the audit', api(`STREAM.PURGE.${AUDIT_STREAM}`), []],
  ['purge proposals', api(`STREAM.PURGE.${APPROVAL_STREAM}`), []],
  ['purge letters', api(`STREAM.PURGE.${QUEUE_STREAM.interventions}`), []],
  ['back a stream up', api('STREAM.SNAPSHOT.PAYMENTS'), []],
  ['restore a stream', api('STREAM.RESTORE.PAYMENTS'), []],
  ['all streams', api('STREAM.LIST'), []],
  ['read requests', api('STREAM.MSG.GET.PAYMENTS'), ['bridge']],
  ['read the archive', api('DIRECT.GET.PAYMENTS_ARCHIVE'), ['bridge']],
  ['read the ledger', api(`STREAM.MSG.GET.${RECORD_STREAM}`), ['bridge', 'operator', 'auditor']],
  ['read the whole ledger directly', api(`DIRECT.GET.${RECORD_STREAM}`), ['bridge', 'operator', 'auditor']],
  ['read a record', lastOf(recordSubject('merchant_b', 'authorize:1')), ['bridge', 'general']],
  [
    'read a record of refunds',
    lastOf(recordSubject('merchant_b', 'refund:1')),
    ['bridge', 'general', 'refunds'],
  ],
  [
    "read a record of a pool's merchant",
    lastOf(recordSubject('merchant_a', 'authorize:1')),
    ['bridge', 'acme'],
  ],
  ['read late notes', api(`STREAM.MSG.GET.${LATE_STREAM}`), ['bridge']],
  ['read dead letters', api(`STREAM.MSG.GET.${QUEUE_STREAM.dead_letters}`), ['bridge', 'operator']],
  ['read interventions', api(`DIRECT.GET.${QUEUE_STREAM.interventions}`), ['bridge', 'operator']],
  ['read the audit', api(`STREAM.MSG.GET.${AUDIT_STREAM}`), ['bridge', 'operator', 'auditor']],
  ['read the log', api(`STREAM.MSG.GET.${LOG_STREAM}`), ['bridge', 'operator', 'auditor']],
  ['purge the log', api(`STREAM.PURGE.${LOG_STREAM}`), []],
  ['read proposals', api(`STREAM.MSG.GET.${APPROVAL_STREAM}`), ['bridge', 'operator']],
  ['read large bodies', api('DIRECT.GET.OBJ_hyperswitch-bodies'), ['bridge']],
  ['take a request out', api('STREAM.MSG.DELETE.PAYMENTS'), ['bridge']],
  ['take a letter out', api(`STREAM.MSG.DELETE.${QUEUE_STREAM.dead_letters}`), ['bridge', 'operator']],
  ['take a record out', api(`STREAM.MSG.DELETE.${RECORD_STREAM}`), []],
  ['take a proposal out', api(`STREAM.MSG.DELETE.${APPROVAL_STREAM}`), []],
  ['take an audit entry out', api(`STREAM.MSG.DELETE.${AUDIT_STREAM}`), []],
  ['the system account', '$SYS.REQ.SERVER.PING', []],
];

const SUBSCRIBE: readonly (readonly [what: string, subject: string, may: readonly Role[]])[] = [
  ['own inbox', '_INBOX.own.*', ROLES],
  ['everything', '>', []],
  ['requests', 'hyperswitch.payments.>', []],
  ['requests of one operation', payments('*', 'authorize').replace('%2A', '*'), []],
  ['webhooks', 'hyperswitch.webhooks.*.*', ['general']],
  ['webhooks of a pool', 'hyperswitch.webhooks.*.*.acme', []],
  ['records', 'hyperswitch.operations.>', ['bridge']],
  ['answers', 'hyperswitch.answers.*.*.b.*', ['bridge']],
  ['rate limits', 'hyperswitch.limits.*', ['bridge']],
  ['acknowledgements', '$JS.ACK.PAYMENTS.>', ['bridge']],
  ['letters', 'hyperswitch.dlq.>', []],
  ['audit', 'hyperswitch.audit.>', []],
  ['log', 'hyperswitch.logs.>', []],
  ['advisories', '$JS.EVENT.>', []],
  ['who is there', guardedSubject('authorize'), ['general']],
  ['who is there, refunds', guardedSubject('refund'), ['general', 'refunds']],
  ['who is there, of a pool', guardedSubject('authorize', 'acme'), ['acme']],
  ['micro services', '$SRV.PING', ['general', 'acme', 'refunds']],
];

describe.each(PROOFS)('with %s', (proof) => {
  let access: AccessUnderTest;
  const connections = new Map<Role, Connection>();

  beforeAll(async () => {
    access = await startAccess(proof, [
      { name: 'general' },
      { name: 'acme', pool: 'acme', merchants: ['merchant_a'], operations: ['authorize', 'sync'] },
      { name: 'refunds', operations: ['refund'] },
    ]);
    const config = bridgeConfigSchema.parse({
      approvals: { required_for: ['discard'] },
      jetstream: { num_replicas: 1 },
      pools: poolsOf(access.state),
    });
    for (const role of ROLES) connections.set(role, access.connect(role));
    await applyTopology(connectionOf('bridge'), topologyOf(config));
  });
  afterAll(() => access.close());

  function connectionOf(role: Role): Connection {
    const connection = connections.get(role);
    if (connection === undefined) throw new Error(`${role} has no connection`);
    return connection;
  }

  /** The subject as the role knows it. */
  const local = (role: Role, subject: string) =>
    role === 'bridge' ? subject : subject.replace(/^\$JS\.API\./, '$JS.BRIDGE.API.');

  /** The refusals that the server sent while something was tried. */
  async function refusals(role: Role, attempt: (nats: NatsConnection) => void): Promise<Error[]> {
    const connection = connectionOf(role);
    const nats = await connection.get();
    const seen: Error[] = [];
    const stop = connection.onServerError((error) => seen.push(error));
    attempt(nats);
    // The server answers in order: what it refused has been said when the pong comes.
    await nats.flush();
    await nats.flush();
    stop();
    return seen;
  }

  describe.each(PUBLISH)('publish: %s', (_what, subject, may) => {
    it.each(ROLES)('%s', async (role) => {
      const name = local(role, subject);
      const seen = await refusals(role, (nats) => nats.publish(name, 'not JSON', { reply: '_INBOX.own.1' }));
      if (may.includes(role)) expect(seen).toEqual([]);
      else expect(seen).toMatchObject([{ operation: 'publish', subject: name }]);
      for (const error of seen) expect(error).toBeInstanceOf(PermissionViolationError);
      if (may.includes(role) && isAnswered(subject)) {
        const nats = await connectionOf(role).get();
        // Nonsense is refused by JetStream itself: the question has arrived, and did nothing.
        const body = subject.includes('.MSG.NEXT.') ? '{"batch":1,"no_wait":true}' : 'not JSON';
        // A message that is pulled keeps its own subject: only a subscription of its own finds it.
        await nats.request(name, body, { timeout: 5_000, noMux: true });
      }
    });
  });

  describe.each(SUBSCRIBE)('subscribe: %s', (_what, subject, may) => {
    it.each(ROLES)('%s', async (role) => {
      const seen = await refusals(role, (nats) => {
        const subscription = nats.subscribe(subject, { callback: () => {} });
        if (may.includes(role)) subscription.unsubscribe();
      });
      if (may.includes(role)) expect(seen).toEqual([]);
      else expect(seen).toMatchObject([{ operation: 'subscription', subject }]);
    });
  });
});

/** Streams and JetStream answer; answers, acknowledgements and questions to workers that are not there get none. */
function isAnswered(subject: string): boolean {
  return /^(\$JS\.API|hyperswitch\.(payments|operations|audit|approvals|late|dlq|interventions))\./.test(
    subject,
  );
}

function poolsOf({ pools }: AccessState) {
  return Object.fromEntries(
    Object.entries(pools).map(([pool, merchants]) => [pool, { merchants: [...merchants] }]),
  );
}
