/**
 * What the screens of the console show when there is nothing, not yet, or not: before real bridges, one of them empty,
 * one whose broker and gateway are stopped. That single answers fail is played in the browser: nothing real can be made
 * to refuse one path and not the others.
 */
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertRules } from './alert-rules.js';
import {
  ADMIN,
  DESKTOP,
  launchBrowser,
  openScreen,
  PHONE,
  type Screen,
  type StackToShow,
  screensOf,
  signIn,
  startStackToShow,
  TOKEN,
  violations,
} from './console-under-test.js';
import { MERCHANT, type Stack, startStack } from './stack-under-test.js';

let stack: StackToShow;
let empty: Stack;
let browser: Browser;
/** Signed in at the bridge that has something to show. */
let page: Page;

beforeAll(async () => {
  stack = await startStackToShow({ letters: ['att_a'], payments: 5 });
  empty = await startStack({ admin: ADMIN, sandbox: false });
  browser = await launchBrowser();
  page = await signIn(browser, stack);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await empty?.close();
});

/** Screens that do not look again by themselves. */
const ONCE = ['payments', 'letters', 'letter', 'audit', 'settings'];
const SCREENS = screensOf('pay_of_att_3', 'd1');
/** What is there when a screen has what it asked for. */
const THERE: Readonly<Record<string, string>> = {
  overview: 'The way of a payment',
  payments: 'pay_of_att_3',
  payment: 'What happened',
  letters: 'no processor for this merchant',
  letter: 'What the ledger says now',
  workers: 'sandbox',
  streams: 'PAYMENTS_ARCHIVE',
  breakers: 'Calls in flight',
  audit: 'What people did',
  settings: 'reconnect_buffer_size',
};

/** Plays the answer to what a screen asks for; gives what ends that. */
async function play(
  page: Page,
  screen: Screen,
  answer: (route: Route) => unknown,
): Promise<() => Promise<void>> {
  const [path] = screen.asks.split('?');
  const isIt = ({ pathname }: URL) => pathname === `/admin/v1${path}`;
  await page.route(isIt, answer);
  return () => page.unroute(isIt);
}

const refusal = (status: number, code: string, message: string) => (route: Route) =>
  route.fulfill({ status, json: { error: { code, message } } });

describe('a screen whose answer', () => {
  const FAULTS = [
    [
      'fails',
      refusal(500, 'INTERNAL', 'the gateway has failed; its log says why'),
      /its log says why/,
      'INTERNAL',
    ],
    ['is refused', refusal(403, 'FORBIDDEN', 'the token "jo" may not'), /may not/, 'FORBIDDEN'],
    [
      'is a proxy’s',
      (route: Route) => route.fulfill({ status: 502, body: '<h1>Bad gateway</h1>' }),
      /The bridge answered 502/,
      'HTTP_502',
    ],
    ['does not come', (route: Route) => route.abort(), /The bridge does not answer/, 'UNREACHABLE'],
  ] as const;

  describe.each(FAULTS)('%s', (_, answer, words, code) => {
    it.each(SCREENS)('says so: $name, and tries again', async (screen) => {
      const stop = await play(page, screen, answer);
      await openScreen(page, stack, screen);
      const alert = page.getByRole('alert');
      await alert.getByText(words).waitFor();
      await alert.getByText(code).waitFor();
      expect(await page.locator('.skeleton').count()).toBe(0);
      if (code === 'INTERNAL') expect(await violations(page)).toEqual([]);
      const again = alert.getByRole('button', { name: 'Try again' });
      await again.waitFor();
      await stop();
      // Others look again by themselves, and may be quicker than a click.
      if (ONCE.includes(screen.name)) await again.click();
      await page
        .getByText(THERE[screen.name] ?? '')
        .first()
        .waitFor();
      await alert.waitFor({ state: 'detached' });
    });
  });

  it.each(SCREENS)('is slow says that it loads: $name', async (screen) => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stop = await play(page, screen, async (route) => {
      await held;
      await route.continue();
    });
    await openScreen(page, stack, screen);
    await page
      .getByRole('status')
      .getByText(/^Loading/)
      .waitFor({ state: 'attached' });
    expect(await violations(page)).toEqual([]);
    release();
    await page
      .getByText(THERE[screen.name] ?? '')
      .first()
      .waitFor();
    await stop();
    expect(await page.locator('.skeleton').count()).toBe(0);
  });

  it('fails later keeps what it has, and says that it is of before', async () => {
    const screen = SCREENS.find(({ name }) => name === 'workers') as Screen;
    await openScreen(page, stack, screen);
    await page.getByText('sandbox').first().waitFor();
    const stop = await play(page, screen, (route) => route.abort());
    await page.getByRole('alert').getByText('What you see is of before.').waitFor();
    expect(await page.getByText('sandbox').count()).toBeGreaterThan(0);
    await stop();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});

describe('a bridge to which nothing has happened', () => {
  const EMPTY: Readonly<Record<string, readonly string[]>> = {
    overview: ['No worker is there.', 'No alert fires.', 'No calls in this time.'],
    payments: ['No payments yet.', 'npx nats-bridge pay'],
    payment: ['no operation of payment pay_of_att_3', 'NOT_FOUND'],
    letters: ['Nothing waits.'],
    letter: ['NOT_FOUND'],
    workers: ['No worker of the SDK is there.', 'npx nats-bridge worker sandbox'],
    streams: ['PAYMENTS_ARCHIVE', 'Nothing waits.'],
    breakers: ['None has opened since this gateway began.', 'No rate limits are configured.'],
    audit: ['Nobody did anything that is written down.'],
    settings: ['reconnect_buffer_size'],
  };
  let emptyPage: Page;
  beforeAll(async () => {
    emptyPage = await signIn(browser, empty);
  });
  it.each(SCREENS)('says what that means: $name', async (screen) => {
    await openScreen(emptyPage, empty, screen);
    for (const text of EMPTY[screen.name] ?? []) await emptyPage.getByText(text).first().waitFor();
    expect(await violations(emptyPage)).toEqual([]);
  });

  it('finds nothing by a filter, and offers to clear it', async () => {
    await openScreen(page, stack, { path: '/payments?q=nobody', heading: 'Payments' });
    await page.getByText('Nothing matches.').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await page.getByText('pay_of_att_3').waitFor();
  });
});

describe('an alert', () => {
  const firing = {
    name: 'NatsBridgeNoWorkers',
    severity: 'critical',
    since: new Date().toISOString(),
    labels: { operation: 'authorize' },
    summary: 'nobody answers authorize',
    runbook: 'docs/runbooks/no-workers.md',
  };

  /** A page at the overview, that hears of these alerts alone. */
  async function pageWith(alerts: readonly object[], size = DESKTOP): Promise<Page> {
    const page = await signIn(browser, stack, { size });
    await page.route('**/admin/v1/live', (route) => route.abort());
    await page.route('**/admin/v1/overview', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), alerts } });
    });
    await openScreen(page, stack, { path: '/', heading: 'Overview' });
    return page;
  }
  /** It asks every few seconds, and may be asking just now. */
  async function leave(page: Page): Promise<void> {
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.close();
  }

  it('has a link that opens its page', async () => {
    const page = await pageWith([firing]);
    const opened = page.context().waitForEvent('page');
    await page.getByRole('link', { name: 'Runbook for NatsBridgeNoWorkers' }).click();
    const runbook = await opened;
    await runbook.getByText('# NatsBridgeNoWorkers').waitFor();
    await runbook.close();
    await leave(page);
  });

  it.each([
    ['a desktop', DESKTOP],
    ['a phone', PHONE],
  ])(
    'takes the room that it has when there is none; all of five are shown when asked for, on %s',
    async (_, size) => {
      const five = ['authorize', 'capture', 'refund', 'void', 'charge'].map((operation, index) => ({
        ...firing,
        severity: index < 2 ? 'critical' : 'warning',
        labels: { operation },
        summary: `nobody answers ${operation}`,
      }));
      const heightOf = async (alerts: readonly object[], isWhole = false) => {
        const page = await pageWith(alerts, size);
        const panel = page.getByRole('region', { name: 'Alerts' });
        await panel.getByText(alerts.length === 0 ? 'No alert fires.' : 'nobody answers authorize').waitFor();
        if (isWhole) await panel.getByRole('button', { name: 'Show all' }).click();
        expect(await violations(page)).toEqual([]);
        const { height = 0, y = 0 } = (await panel.boundingBox()) ?? {};
        const last = alerts.length > 0 ? await panel.getByText('nobody answers charge').boundingBox() : null;
        const isSeen = last !== null && last.y + last.height < y + height;
        await leave(page);
        return { height, isSeen };
      };
      const none = await heightOf([]);
      expect(none.height).toBeLessThan(260);
      expect(await heightOf(five)).toEqual({ height: none.height, isSeen: false });
      const whole = await heightOf(five, true);
      expect(whole.isSeen).toBe(true);
      expect(whole.height).toBeGreaterThan(none.height);
    },
  );

  it.each(alertRules())('$alert has its page in the console', async ({ alert, runbook }) => {
    const answer = await fetch(`${stack.httpUrl}/console/${runbook.replace(/^docs\//, '')}`);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await answer.text()).toMatch(new RegExp(`^# ${alert}\n`));
  });
});

it('greys what a role may not do', async () => {
  const page = await signIn(browser, stack, { token: `${TOKEN}-viewer` });
  await openScreen(page, stack, { path: '/letters/d1', heading: 'Letter d1' });
  for (const name of ['Send again', 'Resolve', 'Edit and send', 'Discard'])
    expect(await page.getByRole('button', { name, exact: true }).isDisabled(), name).toBe(true);
  await openScreen(page, stack, { path: `/payments/${MERCHANT}/pay_of_att_3`, heading: 'pay_of_att_3' });
  await page.getByRole('button', { name: /Show the message: requested/ }).click();
  await page.getByLabel('Body of the message').waitFor();
  expect(await page.getByRole('button', { name: 'Show unmasked' }).count()).toBe(0);
  await page.close();
});

describe('when something is away', () => {
  it('says that NATS is, and what that means', async () => {
    const page = await signIn(browser, empty);
    await page.getByText('live', { exact: true }).waitFor();
    await empty.server.stop();
    await page.getByText('NATS is not connected.').waitFor();
    expect(await violations(page)).toEqual([]);
    await openScreen(page, empty, { path: '/streams', heading: 'Streams' });
    await page.getByRole('alert').waitFor();
    expect(await page.locator('.skeleton').count()).toBe(0);
    await page.close();
  });

  it('says that the gateway is, and of when what is shown is', async () => {
    const page = await signIn(browser, stack);
    await page.getByText('live', { exact: true }).waitFor();
    await stack.close();
    await page.getByText(/^Not live: this is of/).waitFor();
    await page.getByText('not live, reconnecting').waitFor();
    await page.getByText('The way of a payment').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  });
});
