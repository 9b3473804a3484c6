/** What a gateway shows of itself, each second: its overview live, its workers, streams and limits every few seconds. */
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  BreakersAnswer,
  Overview,
  SecondPoint,
  StreamsAnswer,
  WorkersAnswer,
} from '@nats-bridge/gateway/admin-types';
import { type AdminClient, AdminRefusedError } from '../installation/admin-client.js';
import type { Sight } from './sight.js';

const LOOK_EVERY_MS = 3_000;
const TRY_AGAIN_MS = 1_000;
/** It speaks each second. */
const SILENT_MS = 6_000;
/** As many seconds as the API gives. */
const MOST_SECONDS = 300;

/** @throws AdminRefusedError, AdminUnreachableError when it does not answer the first time */
export async function lookOnce(admin: AdminClient): Promise<Sight> {
  const { series, ...overview } = await admin.get<Overview & { series: SecondPoint[] }>('/overview');
  return { url: admin.url, overview, series, ...(await details(admin)) };
}

/**
 * Goes on through restarts of the gateway: then it gives what it saw last, and that it is lost.
 *
 * @throws AdminRefusedError once the token is not taken (any more)
 */
export async function* followGateway(admin: AdminClient, end: AbortSignal): AsyncGenerator<Sight> {
  let sight = await lookOnce(admin);
  yield sight;
  while (!end.aborted) {
    const ended = new AbortController();
    const silent = new AbortController();
    const waiting = setTimeout(() => silent.abort(), SILENT_MS);
    const looking = lookAgainAndAgain(admin, AbortSignal.any([end, ended.signal]), (seen) => {
      sight = { ...sight, ...seen };
    });
    let why = `${admin.url} ended the stream`;
    try {
      for await (const { event, data } of admin.events('/live', AbortSignal.any([end, silent.signal]))) {
        waiting.refresh();
        if (event !== 'overview') continue;
        const { point, ...overview } = data as Overview & { point?: SecondPoint };
        const { lost: _, ...before } = sight;
        sight = { ...before, overview, series: withPoint(sight.series, point) };
        yield sight;
      }
    } catch (error) {
      if (end.aborted) return;
      if (error instanceof AdminRefusedError && error.status < 500) throw error;
      why = (error as Error).message;
    } finally {
      clearTimeout(waiting);
      ended.abort();
      await looking;
    }
    if (end.aborted) return;
    if (silent.signal.aborted) why = `${admin.url} says nothing`;
    sight = { ...sight, lost: { since: sight.lost?.since ?? new Date(), why } };
    yield sight;
    await sleep(TRY_AGAIN_MS, undefined, { signal: end }).catch(() => {});
  }
}

async function lookAgainAndAgain(
  admin: AdminClient,
  end: AbortSignal,
  tell: (seen: Details) => void,
): Promise<void> {
  while (!end.aborted) {
    await sleep(LOOK_EVERY_MS, undefined, { signal: end }).catch(() => {});
    if (end.aborted) return;
    const seen = await details(admin, end);
    if (!end.aborted) tell(seen);
  }
}

type Details = Pick<Sight, 'workers' | 'streams' | 'breakers'>;

/** Without a broker there are no workers and streams; the overview says so. */
async function details(admin: AdminClient, end?: AbortSignal): Promise<Details> {
  const [workers, streams, breakers] = await Promise.all([
    admin.get<WorkersAnswer>('/workers', end).catch(() => undefined),
    admin.get<StreamsAnswer>('/streams', end).catch(() => undefined),
    admin.get<BreakersAnswer>('/breakers', end).catch(() => undefined),
  ]);
  return { workers, streams, breakers };
}

function withPoint(series: readonly SecondPoint[], point: SecondPoint | undefined): readonly SecondPoint[] {
  if (point === undefined || series.at(-1)?.at === point.at) return series;
  return [...series, point].slice(-MOST_SECONDS);
}
