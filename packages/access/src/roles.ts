/** The one table of who may do what: each role's subjects, made of the protocol's own. */
import {
  ALERT_PATTERN,
  APPROVAL_PATTERN,
  APPROVAL_STREAM,
  AUDIT_PATTERN,
  AUDIT_STREAM,
  aliveSubject,
  answerPattern,
  BODY_BUCKET,
  guardedSubject,
  LATE_NOTE_PATTERN,
  LATE_PATTERN,
  LATE_STREAM,
  LIMIT_PATTERN,
  LOG_PATTERN,
  LOG_STREAM,
  letterPattern,
  logPattern,
  NOTICE_CONSUMER,
  NOTICE_STREAM,
  OPERATIONS,
  operationRow,
  poolTemplate,
  QUEUE_STREAM,
  RECORD_PATTERN,
  RECORD_STREAM,
  recordPattern,
  subjectPattern,
  webhookPattern,
} from '@nats-bridge/protocol';
import { acksOf, acksOfStream, api, lastMessagesOf, objectsOf } from './jetstream-subjects.js';
import { consumerOf, type Layout, STREAMED, templateOf } from './layout.js';
import { type Pools, type Principal, servesOthers, type WorkerPrincipal } from './principal.js';

/** `many`: one question may have several answers, such as a pull for messages. */
export type Answers = 'none' | 'one' | 'many';

/** Something in the bridge's account that another account may ask, or the other way round. */
export type Service = { readonly subject: string; readonly answers: Answers };

/** What somebody outside of the bridge's account may do; nothing else reaches him, or is reached by him. */
export type BorrowedAccess = {
  /** Subjects of the bridge's account that he may publish on. */
  readonly asks: readonly Service[];
  /** Subjects of the bridge's account that he is asked on; he may answer what came, and nobody else. */
  readonly serves: readonly Service[];
  /** The same, asked by operators too: whether he is there, and how he is doing. */
  readonly announces: readonly Service[];
  /** Never published on, although `asks` would allow it. */
  readonly denied: readonly string[];
  /** Subjects that are his own account's. */
  readonly own: readonly string[];
  /** May ask who serves: see which workers are there. */
  readonly seesWorkers: boolean;
};

/** What the bridge may do in the account of the streams, which is its own. */
export type OwnerAccess = { readonly publish: readonly string[]; readonly subscribe: readonly string[] };

export const INBOX = '_INBOX.>';
const SERVICES = '$SRV.>';
const none = (subject: string): Service => ({ subject, answers: 'none' });
const one = (subject: string): Service => ({ subject, answers: 'one' });
const many = (subject: string): Service => ({ subject, answers: 'many' });
const QUEUES = ['dead_letters', 'interventions'] as const;

/**
 * The bridge: makes streams and consumers, publishes requests, reads answers. It may delete requests that are done
 * and letters that are settled; no stream, no record and no audit entry.
 */
export function bridgeAccess(layout: Layout, pools: Pools): OwnerAccess {
  const { stream } = layout;
  const letters = QUEUES.map((queue) => QUEUE_STREAM[queue]);
  const bodies = objectsOf(BODY_BUCKET);
  const requests = [undefined, ...Object.keys(pools)].flatMap((pool) => [
    ...STREAMED.map((operation) => subjectPattern(poolTemplate(templateOf(layout, operation), pool))),
    webhookPattern(pool),
    ...STREAMED.flatMap((operation) => [guardedSubject(operation, pool), aliveSubject(operation, pool)]),
  ]);
  return {
    publish: [
      ...requests,
      RECORD_PATTERN,
      LATE_PATTERN,
      ...QUEUES.map(letterPattern),
      AUDIT_PATTERN,
      APPROVAL_PATTERN,
      ALERT_PATTERN,
      LIMIT_PATTERN,
      LOG_PATTERN,
      SERVICES,
      ...bodies.subjects,
      ...acksOfStream(stream),
      acksOf(NOTICE_STREAM, NOTICE_CONSUMER),
      acksOf(LATE_STREAM, '*'),
      api('INFO'),
      api('STREAM.INFO', '*'),
      api('STREAM.CREATE', '*'),
      api('STREAM.UPDATE', '*'),
      api('STREAM.MSG.GET', '*'),
      api('DIRECT.GET', '>'),
      ...[stream, ...letters].map((name) => api('STREAM.MSG.DELETE', name)),
      api('STREAM.PURGE', stream),
      api('STREAM.PURGE', bodies.stream),
      api('CONSUMER.CREATE', '>'),
      api('CONSUMER.DURABLE.CREATE', '*', '*'),
      api('CONSUMER.INFO', '*', '*'),
      api('CONSUMER.LIST', '*'),
      api('CONSUMER.MSG.NEXT', NOTICE_STREAM, NOTICE_CONSUMER),
      api('CONSUMER.MSG.NEXT', LATE_STREAM, '*'),
      api('CONSUMER.MSG.NEXT', bodies.stream, '*'),
    ],
    subscribe: [INBOX, RECORD_PATTERN, answerPattern(), LIMIT_PATTERN, ...acksOfStream(stream)],
  };
}

/**
 * What goes over a leaf node connection to a standby and back, so that either may copy the other: asking for a stream,
 * its messages, and how that goes on; and whether the other one has taken over. No request, and no record that is written.
 */
export const LINK_SUBJECTS: readonly string[] = [
  '$JS.*.API.INFO',
  '$JS.*.API.CONSUMER.CREATE.>',
  `$JS.*.API.STREAM.MSG.GET.${AUDIT_STREAM}`,
  '$JS.FC.>',
  '$JS.M.>',
  '$JSC.R.>',
  INBOX,
];

/**
 * A worker: takes the requests of its operations from its pool's consumers, keeps their records, and says that it is
 * there. A general worker, and one of a pool that any merchant may be routed to, cannot write the records of merchants that belong to a pool, nor name one in a question; a
 * question with a literal star for the merchant passes what is denied, and reads the newest (docs/access.md).
 */
function workerAccess(layout: Layout, pools: Pools, worker: WorkerPrincipal): BorrowedAccess {
  const { stream } = layout;
  const { pool } = worker;
  const operations = worker.operations ?? OPERATIONS.map(({ operation }) => operation);
  const streamed = operations.filter((operation) => operationRow(operation).channel === 'payments');
  const hasWebhooks = streamed.length < operations.length;
  // All of them, as one subject.
  const named = worker.operations === undefined ? [undefined] : streamed;
  const isGeneral = servesOthers(worker);
  const merchants = isGeneral || pool === undefined ? [undefined] : (pools[pool] ?? []);
  const ofMerchant = (merchantId: string | undefined) =>
    named.flatMap((operation) => [
      one(recordPattern(merchantId, operation)),
      one(lastMessagesOf(RECORD_STREAM, recordPattern(merchantId, operation))),
      none(answerPattern({ merchantId, operation })),
    ]);
  // Whose a line is, its subject says: a worker writes of its own merchants, and of itself.
  const logs = isGeneral
    ? [logPattern({ module: 'worker' })]
    : [...merchants, null].map((merchantId) => logPattern({ module: 'worker', merchantId }));
  const elsewhere = isGeneral ? Object.values(pools).flat() : [];
  return {
    asks: [
      ...streamed.flatMap((operation) => {
        const consumer = consumerOf(layout, operation, pool);
        return [
          one(api('CONSUMER.INFO', stream, consumer)),
          many(api('CONSUMER.MSG.NEXT', stream, consumer)),
          none(acksOf(stream, consumer)),
        ];
      }),
      ...merchants.flatMap(ofMerchant),
      ...logs.map(none),
    ],
    serves: hasWebhooks ? [one(webhookPattern(pool))] : [],
    announces: [
      ...streamed.flatMap((operation) => [
        one(guardedSubject(operation, pool)),
        one(aliveSubject(operation, pool)),
      ]),
      many(SERVICES),
    ],
    denied: elsewhere.flatMap((merchantId) => [
      recordPattern(merchantId),
      lastMessagesOf(RECORD_STREAM, recordPattern(merchantId)),
      answerPattern({ merchantId }),
      logPattern({ module: 'worker', merchantId }),
    ]),
    own: worker.hasOwnStore ? [api('>'), '$JS.ACK.>', '$KV.>', '$O.>'] : [],
    seesWorkers: false,
  };
}

/** A person who settles dead letters: reads them and the ledger, sends again, resolves, discards, is written down. */
function operatorAccess(layout: Layout, pools: Pools): BorrowedAccess {
  const letters = QUEUES.map((queue) => QUEUE_STREAM[queue]);
  const requests = [undefined, ...Object.keys(pools)].flatMap((pool) =>
    STREAMED.map((operation) => subjectPattern(poolTemplate(templateOf(layout, operation), pool))),
  );
  return {
    asks: [
      ...requests.map(one),
      one(RECORD_PATTERN),
      one(LATE_NOTE_PATTERN),
      one(AUDIT_PATTERN),
      one(APPROVAL_PATTERN),
      one(api('STREAM.INFO', '*')),
      one(api('CONSUMER.INFO', '*', '*')),
      one(api('CONSUMER.LIST', '*')),
      ...[...letters, AUDIT_STREAM, LOG_STREAM, APPROVAL_STREAM].flatMap(readsOf),
      ...readsOf(RECORD_STREAM),
      ...letters.map((name) => one(api('STREAM.MSG.DELETE', name))),
    ],
    serves: [],
    announces: [],
    denied: [],
    own: [],
    seesWorkers: true,
  };
}

/** A person who looks and changes nothing. Requests and letters hold card data: an auditor has no part in them. */
function auditorAccess(): BorrowedAccess {
  return {
    asks: [
      one(api('STREAM.INFO', '*')),
      one(api('CONSUMER.INFO', '*', '*')),
      one(api('CONSUMER.LIST', '*')),
      ...[AUDIT_STREAM, LOG_STREAM].flatMap(readsOf),
      ...readsOf(RECORD_STREAM),
    ],
    serves: [],
    announces: [],
    denied: [],
    own: [],
    seesWorkers: false,
  };
}

export function borrowedAccess(
  layout: Layout,
  pools: Pools,
  principal: Exclude<Principal, { role: 'bridge' }>,
): BorrowedAccess {
  if (principal.role === 'worker') return workerAccess(layout, pools, principal);
  return principal.role === 'operator' ? operatorAccess(layout, pools) : auditorAccess();
}

/** Whole messages of a stream, without a consumer: who may make one has the server publish anywhere. */
function readsOf(stream: string): readonly Service[] {
  return [one(api('STREAM.MSG.GET', stream)), one(api('DIRECT.GET', stream))];
}
