/** Nothing on the console moves by itself while live data arrives: measured by the browser, at every screen. */
import { keepDeadLetters } from '@nats-bridge/connector';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  DESKTOP,
  launchBrowser,
  letterNamed,
  neverSent,
  openScreen,
  PHONE,
  screensOf,
  signIn,
} from './console-under-test.js';
import { authorizeRequest, money, type Stack, startStack } from './stack-under-test.js';

/** A tenth of what browsers call "good": a number that gets one digit more. */
const MOST_SHIFT = 0.01;
const UPDATES = 3;

let stack: Stack;
let browser: Browser;
const closers: (() => unknown)[] = [];
let count = 0;

const authorize = (attempt: string, changes = {}) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, changes), attempt);

beforeAll(async () => {
  stack = await startStack({
    config: { timeouts: { authorize: 5_000 }, jetstream: { max_deliver: 1 } },
    admin: ADMIN,
    sandbox: false,
  });
  const keeper = keepDeadLetters(stack.bridge);
  closers.push(() => keeper.close());
  await neverSent(stack, authorize, 'att_a');
  await stack.startSandbox();
  for (let number = 1; number <= 40; number++) await authorize(`att_${number}`);
  await authorize('att_held', { capture_method: 'MANUAL' });
  await letterNamed(stack, 'att_a');
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  for (const close of closers.reverse()) await close();
  await stack?.close();
});

describe.each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const)('on a %s', (_, size) => {
  it.each(screensOf('pay_of_att_held', 'd1'))(
    'nothing of $name moves',
    async (screen) => {
      const page = await signIn(browser, stack, { size });
      await page.addInitScript(WATCH_SHIFTS);
      await openScreen(page, stack, screen);
      await page.locator('.skeleton').waitFor({ state: 'detached' });
      await page.getByText('live', { exact: true }).waitFor();
      for (let update = 0; update < UPDATES; update++) {
        const before = await page.locator('.live-clock').textContent();
        for (let payment = 0; payment < 5; payment++) await authorize(`att_live_${count++}`);
        await expect
          .poll(() => page.locator('.live-clock').textContent(), { timeout: 20_000 })
          .not.toBe(before);
      }
      if (screen.name === 'payments') await page.getByRole('button', { name: /newer: show/ }).waitFor();
      const { total, shifts } = await shiftsOf(page);
      expect(total, JSON.stringify(shifts, null, 2)).toBeLessThanOrEqual(MOST_SHIFT);
      await page.close();
    },
    60_000,
  );

  it('nothing of a payment moves when more happens to it while somebody looks: it is shown when asked for', async () => {
    const attempt = `att_watched_${count++}`;
    const held = await authorize(attempt, { capture_method: 'MANUAL' });
    const page = await signIn(browser, stack, { size });
    await page.addInitScript(WATCH_SHIFTS);
    const heading = `pay_of_${attempt}`;
    await openScreen(page, stack, { path: `/payments/merchant_1/${heading}`, heading });
    await page.getByText('1 operation', { exact: true }).waitFor();
    const capture = {
      merchant_capture_id: attempt,
      connector_transaction_id: String(held.connector_transaction_id),
      amount_to_capture: money(1_250),
    };
    await stack.call('PaymentService/Capture', capture, attempt, { 'x-request-id': 'req_1' });
    const show = page.getByRole('button', { name: 'More has happened: show' });
    await show.waitFor();
    const { total, shifts } = await shiftsOf(page);
    expect(total, JSON.stringify(shifts, null, 2)).toBeLessThanOrEqual(MOST_SHIFT);
    await show.click();
    await page.getByText('2 operations', { exact: true }).waitFor();
    await page.close();
  });
});

/** Before anything of the page runs. Shifts half a second after a key or click are not by themselves. */
const WATCH_SHIFTS = `window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries())
    if (!hadRecentInput)
      window.shifts.push({
        value,
        of: sources.map(({ node, previousRect: from, currentRect: to }) =>
          [node?.outerHTML?.slice(0, 100) ?? node?.textContent, from.x, from.y, '→', to.x, to.y].join(' '),
        ),
      });
}).observe({ type: 'layout-shift', buffered: true });`;

type Shift = { readonly value: number; readonly of: readonly string[] };

async function shiftsOf(page: Page): Promise<{ total: number; shifts: readonly Shift[] }> {
  // Two frames: what was painted last is reported then.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const shifts = (await page.evaluate('window.shifts')) as Shift[];
  return { total: shifts.reduce((sum, { value }) => sum + value, 0), shifts };
}
