/** `nats-bridge top`: the overview of a gateway in a terminal, live. */
import { Command } from 'commander';
import {
  type AdminClient,
  type AdminOptions,
  adminClient,
  withAdminOptions,
} from '../installation/admin-client.js';
import { paint } from '../output/terminal.js';
import { untilSignal } from '../running/until-signal.js';
import { followGateway, lookOnce } from '../top/follow-gateway.js';
import { frameOf } from '../top/frame.js';
import { openScreen } from '../top/screen.js';
import type { Sight } from '../top/sight.js';

type Options = AdminOptions & { once?: boolean; json?: boolean };

/** Where there is no terminal to measure. */
const COLUMNS = 80;
const ALL_ROWS = 1_000;

export function topCommand(): Command {
  return withAdminOptions(new Command('top'))
    .summary('throughput, latency, outcomes, workers, streams and alerts in a terminal, live')
    .description(
      'Shows the overview of a gateway, from its admin API, until q or Ctrl-C. Beside a nats-bridge up of your own it needs no options. Without a terminal one overview follows the other.',
    )
    .option('--once', 'show it once')
    .option('--json', 'as JSON; without --once a line each second')
    .action(top);
}

async function top(options: Options): Promise<void> {
  const admin = adminClient(options);
  if (options.once) return show(await lookOnce(admin), options);
  const end = new AbortController();
  untilSignal().then(
    () => end.abort(),
    () => {},
  );
  if (process.stdout.isTTY && !options.json) return draw(admin, end);
  for await (const sight of followGateway(admin, end.signal)) show(sight, options);
}

/** One below the other. */
function show(sight: Sight, { json, once }: Options): void {
  if (json) {
    const { url, overview, workers, streams, breakers, lost } = sight;
    console.log(JSON.stringify({ url, overview, workers, streams, breakers, lost: lost?.why }));
    return;
  }
  const size = { columns: process.stdout.columns ?? COLUMNS, rows: ALL_ROWS };
  console.log(frameOf(sight, size, paint).join('\n') + (once ? '' : '\n'));
}

/** In place. */
async function draw(admin: AdminClient, end: AbortController): Promise<void> {
  const sights = followGateway(admin, end.signal);
  // Before the screen is taken: why there is nothing to see must stay readable.
  const first = await sights.next();
  if (first.done) return;
  let sight: Sight = first.value;
  const redraw = () =>
    screen.draw(frameOf(sight, screen, paint, `q quits   figures of the last ${sight.overview.window_s} s`));
  const screen = openScreen(process, { onResize: redraw, onQuit: () => end.abort() });
  try {
    redraw();
    for await (sight of sights) redraw();
  } finally {
    screen.close();
  }
}
