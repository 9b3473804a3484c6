/** Nothing on the console moves by itself while live data arrives: measured by the browser, at every screen. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  DESKTOP,
  launchBrowser,
  openScreen,
  PHONE,
  type StackToShow,
  screensOf,
  signIn,
  startStackToShow,
} from './console-under-test.js';
import { neverSent } from './never-sent.js';
import { MERCHANT, money } from './stack-under-test.js';

/** A tenth of what browsers call "good": a number that gets one digit more. */
const MOST_SHIFT = 0.01;
const UPDATES = 3;

let stack: StackToShow;
let browser: Browser;
let count = 0;

beforeAll(async () => {
  stack = await startStackToShow({ letters: ['att_a'], payments: 40 });
  await stack.authorize('att_held', { capture_method: 'MANUAL' });
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stack?.close();
});

const SIZES = { desktop: DESKTOP, phone: PHONE };
type Size = keyof typeof SIZES;

/** Both at once: they wait for the same seconds. */
const onBoth = (look: (size: Size) => Promise<void>) => Promise.all([look('desktop'), look('phone')]);

async function watch(size: Size, screen: { path: string; heading: string }): Promise<Page> {
  const page = await signIn(browser, stack, { size: SIZES[size] });
  await page.addInitScript(WATCH_SHIFTS);
  await openScreen(page, stack, screen);
  await page.locator('.skeleton').waitFor({ state: 'detached' });
  await page.getByText('live', { exact: true }).waitFor();
  return page;
}

async function expectStill(page: Page, size: Size): Promise<void> {
  const { total, shifts } = await shiftsOf(page);
  expect(total, `${size}: ${JSON.stringify(shifts, null, 2)}`).toBeLessThanOrEqual(MOST_SHIFT);
}

it.each(screensOf('pay_of_att_held', 'd1'))(
  'nothing of $name moves, on a desktop and on a phone',
  async (screen) => {
    await onBoth(async (size) => {
      const page = await watch(size, screen);
      for (let update = 0; update < UPDATES; update++) {
        const before = await page.locator('.live-clock').textContent();
        for (let payment = 0; payment < 5; payment++) await stack.authorize(`att_live_${count++}`);
        await expect
          .poll(() => page.locator('.live-clock').textContent(), { timeout: 20_000 })
          .not.toBe(before);
      }
      if (screen.name === 'payments') await page.getByRole('button', { name: /newer: show/ }).waitFor();
      await expectStill(page, size);
      await page.close();
    });
  },
  60_000,
);

it('more that happens to a payment while somebody looks is shown when they ask for it', async () => {
  await onBoth(async (size) => {
    const attempt = `att_watched_on_${size}`;
    const held = await stack.authorize(attempt, { capture_method: 'MANUAL' });
    const heading = `pay_of_${attempt}`;
    const page = await watch(size, { path: `/payments/${MERCHANT}/${heading}`, heading });
    await page.getByText('1 operation', { exact: true }).waitFor();
    const capture = {
      merchant_capture_id: attempt,
      connector_transaction_id: String(held.connector_transaction_id),
      amount_to_capture: money(1_250),
    };
    await stack.call('PaymentService/Capture', capture, attempt, { 'x-request-id': 'req_1' });
    const show = page.getByRole('button', { name: 'More has happened: show' });
    await show.waitFor();
    await expectStill(page, size);
    await show.click();
    await page.getByText('2 operations', { exact: true }).waitFor();
    await page.close();
  });
});

it('a worker that goes and a letter that comes move nothing of the overview, and are said', async () => {
  await onBoth(async (size) => {
    const page = await watch(size, { path: '/', heading: 'Overview' });
    const letters = page.locator('.figure', { hasText: 'Letters waiting' }).locator('.figure-value');
    const before = await letters.textContent();
    if (size === 'desktop') {
      await stack.stopSandbox();
      await neverSent(stack, stack.authorize, 'att_b');
    }
    await page.getByText('No worker is there.').waitFor();
    await expect.poll(() => letters.textContent(), { timeout: 20_000 }).not.toBe(before);
    await expectStill(page, size);
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
