/** Dead letters and interventions: looked at, sent again, mended, settled, discarded. */
import {
  type Acted,
  type DeadLetter,
  type LetterSummary,
  parseLetterName,
  planRetry,
  shownActed,
  shownLetter,
  shownRetryPlan,
  showRequest,
} from '@nats-bridge/connector';
import { z } from 'zod';
import type { AdminWorld } from '../admin-world.js';
import { type Place, pageOf } from '../page-of.js';
import { AdminProblem, acted, route } from '../route.js';
import {
  discard,
  done,
  edit,
  job,
  letterDetail,
  letterFilterOf,
  letterPage,
  letterQuery,
  resolution,
  retryOrder,
  retryPlan,
} from '../schema/letters.js';

export const letterRoutes = [
  route({
    method: 'get',
    path: '/letters',
    summary: 'What was given up, newest first, and the same in groups of one cause.',
    role: 'viewer',
    query: letterQuery,
    answer: letterPage,
    async handle({ letterIndex }, { query }) {
      const found = await letterIndex.list(letterFilterOf(query));
      const page = pageOf(found, placeOf, query);
      return { ...page, items: page.items.map(shownLetter), groups: groupsOf(found) };
    },
  }),
  route({
    method: 'get',
    path: '/letters/{name}',
    summary: 'One letter, with what the ledger says of it now, and its request masked.',
    role: 'viewer',
    answer: letterDetail,
    async handle(world, { params }) {
      const letter = await letterNamed(world, params.name ?? '');
      const { original, requestHeaders: headers, body } = letter;
      return {
        ...shownLetter(letter),
        verdict_now: await world.letters.verdict(letter),
        headers: { ...headers },
        body: shownBody(world, { subject: original.subject, headers, body }),
      };
    },
  }),
  route({
    method: 'post',
    path: '/letters/retry',
    summary:
      'Sends letters again under their own idempotency keys, at a rate; never one that may have been charged. A dry run says what would happen.',
    role: 'operator',
    body: retryOrder,
    answer: z.union([retryPlan, z.object({ job }), done]),
    async handle(world, { body, by }) {
      const { names, filter, rate_per_s, dry_run, force_unknown, reason } = body;
      if (force_unknown && by.role !== 'admin')
        throw new AdminProblem(
          403,
          'FORBIDDEN',
          'force_unknown is for an admin: it may charge a second time',
        );
      if (force_unknown && names?.length !== 1)
        throw new AdminProblem(400, 'VALIDATION_ERROR', 'force_unknown is for one letter, named');
      const chosen =
        names === undefined
          ? await world.letters.list(letterFilterOf(filter ?? {}))
          : await Promise.all(names.map((name) => letterNamed(world, name)));
      if (dry_run)
        return shownRetryPlan(
          await planRetry(world.letters, chosen, { perSecond: rate_per_s, force: force_unknown }),
        );
      const actor = { who: by.who, why: reason };
      if (force_unknown && world.letters.approvals.isRequired('retry_unknown'))
        return shownActed(
          await Promise.all(
            chosen.map((letter) => acted(world.letters.retry(letter, actor, { force: true }))),
          ),
        );
      return { job: world.jobs.start(chosen, { perSecond: rate_per_s, actor, force: force_unknown }) };
    },
  }),
  route({
    method: 'get',
    path: '/jobs/{id}',
    summary: 'How far a retry has come.',
    role: 'viewer',
    answer: job,
    handle: ({ jobs }, { params }) => jobs.get(params.id ?? '') ?? noJob(),
  }),
  route({
    method: 'post',
    path: '/jobs/{id}/cancel',
    summary: 'Sends no more of it; what was sent stays sent.',
    role: 'operator',
    answer: job,
    handle: ({ jobs }, { params }) => jobs.cancel(params.id ?? '') ?? noJob(),
  }),
  route({
    method: 'post',
    path: '/letters/{name}/edit',
    summary: 'Mends the request of a letter, and sends it again.',
    role: 'admin',
    body: edit,
    answer: done,
    async handle(world, { params, body: { patch, reason }, by }) {
      const letter = await letterNamed(world, params.name ?? '');
      return shownActed([await acted(world.letters.retry(letter, { who: by.who, why: reason }, { patch }))]);
    },
  }),
  route({
    method: 'post',
    path: '/letters/{name}/resolve',
    summary: 'Records the outcome that the processor told; the next sync gives it.',
    role: 'operator',
    body: resolution,
    answer: done,
    async handle(world, { params, body, by }) {
      const letter = await letterNamed(world, params.name ?? '');
      const { status, transaction_id: transactionId, code, message, reason } = body;
      const settled = { status, transactionId, code, message };
      return shownActed([await acted(world.letters.resolve(letter, { who: by.who, why: reason }, settled))]);
    },
  }),
  route({
    method: 'post',
    path: '/letters/discard',
    summary: 'Takes letters off the list.',
    role: 'operator',
    body: discard,
    answer: done,
    async handle(world, { body: { names, reason }, by }) {
      const chosen = await Promise.all(names.map((name) => letterNamed(world, name)));
      const all: Acted[] = [];
      for (const letter of chosen)
        all.push(await acted(world.letters.discard(letter, { who: by.who, why: reason })));
      return shownActed(all);
    },
  }),
];

/** Two queues count for themselves. */
function placeOf({ at, seq, queue }: LetterSummary): Place {
  return [at.getTime(), seq, queue === 'interventions' ? 1 : 0];
}

async function letterNamed({ letters }: AdminWorld, name: string): Promise<DeadLetter> {
  const place = parseLetterName(name);
  const letter = place && (await letters.get(place.queue, place.seq));
  if (letter === undefined)
    throw new AdminProblem(404, 'NOT_FOUND', `there is no letter ${name}: it was dealt with, or never was`);
  return letter;
}

function noJob(): never {
  throw new AdminProblem(
    404,
    'NOT_FOUND',
    'there is no such job at this gateway: its retries are forgotten when it ends',
  );
}

function shownBody(world: AdminWorld, request: Parameters<typeof showRequest>[1]): unknown {
  try {
    return showRequest(world.bridge, request, false);
  } catch {
    return null; // it may have been given up because nobody could read it
  }
}

const MOST_MERCHANTS = 10;

/** Money may have moved: of such letters a person hears first. */
const isInDoubt = ([letter]: readonly LetterSummary[]) => letter?.verdict === 'unknown';

function groupsOf(letters: readonly LetterSummary[]) {
  const groups = new Map<string, LetterSummary[]>();
  for (const letter of letters) {
    const name = JSON.stringify([letter.reason, letter.error, letter.operation, letter.verdict]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [letter]);
    else group.push(letter);
  }
  return [...groups.values()]
    .sort((a, b) => Number(isInDoubt(b)) - Number(isInDoubt(a)) || b.length - a.length)
    .map((group) => {
      const [newest] = group as [LetterSummary, ...LetterSummary[]];
      return {
        reason: newest.reason,
        ...(newest.error !== undefined && { error: newest.error }),
        operation: newest.operation,
        verdict: newest.verdict,
        count: group.length,
        first_at: (group.at(-1) ?? newest).at.toISOString(),
        last_at: newest.at.toISOString(),
        merchants: [...new Set(group.map(({ merchantId }) => merchantId))].slice(0, MOST_MERCHANTS),
      };
    });
}
