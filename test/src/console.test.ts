/**
 * The console in the system's Chromium, before a real bridge with real payments and letters: every screen, every action
 * with its effect in NATS, and what axe finds of it. `SCREENSHOTS=1` writes docs/images/console.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { keepDeadLetters, readAudit } from '@nats-bridge/connector';
import { digestOf } from '@nats-bridge/gateway';
import { auditSubject } from '@nats-bridge/protocol';
import { createWorker } from '@nats-bridge/worker';
import { jetstream } from '@nats-io/jetstream';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  DESKTOP,
  launchBrowser,
  letterNamed as letterOf,
  openScreen,
  PHONE,
  screensOf,
  TOKEN,
  violations,
} from './console-under-test.js';
import { neverSent } from './never-sent.js';
import { APPROVED, authorizeRequest, MERCHANT, money, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT } from './worker-process.js';

const SITE = join(ROOT, 'packages/console/dist/site');
const DECLINED = '4000000000009995';
/** So many that what fails is a small share of it; in the pictures they come as payments do, one after the other. */
const FLOWING = 150;
const APART_MS = process.env.SCREENSHOTS ? 150 : 0;
const FLOWS = [
  ['stripe', money(4_999)],
  ['checkout', money(129_900, 'USD')],
  ['imerchantsolutions', money(12_800, 'JPY')],
  ['stripe', money(1_250)],
  ['bankofamerica', money(18_500, 'KWD')],
] as const;

let stack: Stack;
let browser: Browser;
let page: Page;
const problems: string[] = [];
const closers: (() => unknown)[] = [];

const authorize = (attempt: string, changes = {}, card = APPROVED, metadata = {}) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, changes, card), attempt, metadata);

const letterNamed = (attempt: string) => letterOf(stack, attempt);

const order = (path: string, body?: object) =>
  fetch(`${stack.httpUrl}/admin/v1${path}`, {
    headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });

beforeAll(async () => {
  stack = await startStack({
    config: {
      timeouts: { authorize: 4_000 },
      circuit_breaker: { failures: 1, open_ms: 600_000 },
      jetstream: { ack_wait: 1_500, max_deliver: 1 },
      rate_limits: {
        held_back: { merchant: 'merchant_held_back', requests_per_second: 0.01, max_wait_ms: 200 },
      },
    },
    admin: ADMIN,
  });
  const keeper = keepDeadLetters(stack.bridge);
  closers.push(() => keeper.close());
  for (let number = 1; number <= 12; number++)
    await authorize(`att_paid_${number}`, {}, number % 5 === 0 ? DECLINED : APPROVED);
  const held = await authorize('att_held', { capture_method: 'MANUAL' });
  const capture = {
    merchant_capture_id: 'att_held',
    connector_transaction_id: String(held.connector_transaction_id),
    amount_to_capture: money(1_000),
  };
  await stack.call('PaymentService/Capture', capture, 'att_held', { 'x-request-id': 'req_1' });
  await stack.stopSandbox();
  for (const attempt of ['att_again_1', 'att_again_2', 'att_mended', 'att_gone', 'att_second', 'att_twice'])
    await neverSent(stack, authorize, attempt);
  await neverSent(stack, authorize, 'att_unknown_shop', 'refused: merchant_1, not onboarded');
  await neverSent(stack, authorize, 'att_risky_shop', 'refused: merchant_1, blocked by risk');
  const failing = createWorker({
    servers: stack.server.url,
    name: 'acme-eu',
    handlers: {
      authorize: () => {
        throw new TypeError('the processor said nothing that could be read');
      },
    },
  });
  await failing.start();
  // Its circuit opens, and stays so.
  await authorize('att_doubt', {}, APPROVED, { 'x-connector': 'adyen' });
  await letterNamed('att_doubt');
  await failing.stop();
  const worker = createWorker({
    servers: stack.server.url,
    name: 'acme-eu',
    handlers: {
      authorize: ({ router_data }) => ({
        status: 'success',
        transaction_id: `txn_${router_data.attempt_id}`,
      }),
    },
  });
  await worker.start();
  closers.push(() => worker.stop());
  for (let number = 1; number <= FLOWING; number++) {
    const [connector, amount] = FLOWS[number % FLOWS.length] ?? [];
    await authorize(`att_flow_${number}`, { amount }, APPROVED, { 'x-connector': connector });
    await setTimeout(APART_MS * (0.5 + Math.abs(Math.sin(number / 9))));
  }
  const name = await letterNamed('att_twice');
  await order('/letters/discard', { names: [name], reason: 'the shop sent it twice' });
  await order('/messages/PAYMENTS_ARCHIVE/1?raw=true&reason=the+payer+asked+for+a+copy');
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: DESKTOP });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(`${stack.httpUrl}/console/#token=${TOKEN}`);
  await page.getByRole('navigation').waitFor();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  for (const close of closers.reverse()) await close();
  await stack?.close();
});

const open = (path: string, heading: string | RegExp) => openScreen(page, stack, { path, heading });

describe('signing in', () => {
  it('takes the token out of the address, keeps it in the tab, and no longer', async () => {
    expect(page.url()).toBe(`${stack.httpUrl}/console/`);
    const other = await browser.newPage();
    await other.goto(`${stack.httpUrl}/console/payments`);
    await other.getByLabel('Access token').fill('wrong');
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByRole('alert').getByText('does not take this token').waitFor();
    await other.getByLabel('Access token').fill(TOKEN);
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByRole('heading', { name: 'Payments' }).waitFor();
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.getByLabel('Access token').waitFor();
    await other.close();
  });
});

describe('the screens', () => {
  const SHOWN: Readonly<Record<string, string>> = {
    overview: 'The way of a payment',
    payments: `pay_of_att_flow_${FLOWING}`,
    payment: 'What happened',
    letters: 'no processor for this merchant',
    letter: 'What the ledger says now',
    workers: 'acme-eu',
    streams: 'PAYMENTS_ARCHIVE',
    breakers: 'adyen',
    audit: 'the payer asked for a copy',
    settings: 'reconnect_buffer_size',
  };

  it.each(screensOf('pay_of_att_held', 'd1'))(
    '$name shows what is there, and axe finds nothing',
    async (screen) => {
      for (const { look, size, colorScheme } of LOOKS) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        await openScreen(page, stack, screen);
        await page
          .getByText(SHOWN[screen.name] ?? '')
          .first()
          .waitFor();
        expect(await violations(page), `${screen.name} ${look}`).toEqual([]);
        const tooWide = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth + 1');
        expect(tooWide, `${screen.name} ${look} scrolls sideways`).toBe(false);
        if (process.env.SCREENSHOTS)
          await page.screenshot({ path: join(ROOT, `docs/images/console/${screen.name}-${look}.png`) });
      }
      await page.setViewportSize(DESKTOP);
    },
    60_000,
  );

  it('the charts follow the colours of the system while they are looked at', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await open('/', 'Overview');
    await page.locator('.chart canvas').first().waitFor();
    for (const colorScheme of ['light', 'dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      const { axis, ground } = await until('a chart in its colours', async () => {
        const seen = (await page.evaluate(CHART_COLOURS)) as {
          axis: string;
          painted: string[];
          ground: string;
        };
        return seen.painted.includes(seen.axis) ? seen : undefined;
      });
      expect(axis).not.toBe(ground);
    }
  });

  it('a place that is none says so', async () => {
    await open('/nowhere', 'Nothing is here');
    expect((await fetch(`${stack.httpUrl}/console/assets/none.js`)).status).toBe(404);
  });

  it('show each rate limit, and what it turned away', async () => {
    const metadata = { 'x-merchant-id': 'merchant_held_back' };
    for (let number = 1; number <= 3; number++)
      await stack.call('PaymentService/Get', {}, `att_held_back_${number}`, metadata);
    await page.setViewportSize(DESKTOP);
    await open('/breakers', 'Breakers and limits');
    const row = page.locator('tr', { hasText: 'merchant_held_back' });
    await row.waitFor();
    const cells = await row.locator('td').allInnerTexts();
    expect(cells.slice(0, 6)).toEqual(['held_back', 'merchant_held_back', 'all', 'all', '0.01', '1']);
    expect(cells.slice(-2).map((cell) => cell.trim())).toEqual(['1', '2']);
    expect(await violations(page)).toEqual([]);
  });

  it('no script or style of the page was refused or failed', () => {
    // The wrong token of the first test is a 401.
    expect(problems.filter((text) => !text.includes('401'))).toEqual([]);
  });
});

describe('payments', () => {
  it('are found by any id, and one is opened by keyboard', async () => {
    await open('/payments', 'Payments');
    await page.getByRole('searchbox').fill('att_paid_3');
    await page.getByText('1 found').waitFor();
    await page.getByRole('link', { name: 'pay_of_att_paid_3' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'pay_of_att_paid_3' }).waitFor();
  });

  it('say what was asked for, and over which connector, on a phone too', async () => {
    const cells = async (payment: string) => {
      const row = page.locator('tr', { hasText: payment }).first();
      const text = async (name: string) => (await row.locator(`.cell-${name}`).innerText()).trim();
      return [await text('amount'), await text('connector')];
    };
    for (const size of [PHONE, DESKTOP]) {
      await page.setViewportSize(size);
      await open('/payments?q=att_flow_14', 'Payments');
      await page.getByText('11 found').waitFor();
      expect(await cells('pay_of_att_flow_144')).toEqual(['18.500 KWD', 'bankofamerica']);
      expect(await cells('pay_of_att_flow_142')).toEqual(['12,800 JPY', 'imerchantsolutions']);
      expect(await cells('pay_of_att_flow_140')).toEqual(['49.99 EUR', 'stripe']);
    }
  });

  it('fill the width of their list, whichever columns have room', async () => {
    const right = async (selector: string) => {
      const box = await page.locator(selector).first().boundingBox();
      return Math.round((box?.x ?? 0) + (box?.width ?? 0));
    };
    for (const width of [1_000, DESKTOP.width, 1_720]) {
      await page.setViewportSize({ ...DESKTOP, width });
      await open('/payments', 'Payments');
      await page.locator('.spacer').first().waitFor({ state: 'attached' });
      const gap = (await right('.list')) - (await right('th.cell-took'));
      expect(gap, `at ${width} pixels`).toBeLessThan(20); // a scroll bar, at most
    }
    await page.setViewportSize(DESKTOP);
  });

  it('have an amount of each operation', async () => {
    await open(`/payments/${MERCHANT}/pay_of_att_held`, 'pay_of_att_held');
    const amounts = page.getByRole('row').locator('[data-title="Amount"]');
    await expect.poll(() => amounts.allInnerTexts()).toEqual(['12.50 EUR', '10.00 EUR']);
  });

  it('appear live', async () => {
    await open('/payments', 'Payments');
    await page.getByText('pay_of_att_flow_').first().waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    await authorize('att_live');
    await page.getByRole('button', { name: /newer: show/ }).click();
    await page.getByRole('link', { name: 'pay_of_att_live' }).waitFor();
  });

  it('show their messages masked, and whole for an admin who says why', async () => {
    await open(`/payments/${MERCHANT}/pay_of_att_paid_1`, 'pay_of_att_paid_1');
    await page.getByRole('button', { name: /Show the message: requested/ }).click();
    const body = page.getByLabel('Body of the message');
    await body.getByText('***4242').waitFor();
    expect(await body.textContent()).not.toContain(APPROVED);
    await page.getByLabel('To see it unmasked, say why').fill('the payer asked');
    await page.getByRole('button', { name: 'Show unmasked' }).click();
    await body.getByText(APPROVED).waitFor();
    expect((await readAudit(stack.bridge.connection)).at(-1)).toMatchObject({
      action: 'show_raw',
      who: 'jo',
      why: 'the payer asked',
    });
  });

  it('are shown as they stood at an instant', async () => {
    await open(`/payments/${MERCHANT}/pay_of_att_held`, 'pay_of_att_held');
    // The sandbox is the processor, and says how long it was.
    const parts = page.getByRole('list', { name: 'Parts of authorize, in their order' });
    await parts.getByText(/^processor \d/).waitFor();
    const stood = page.locator('.stood');
    // The caller hears the answer of a worker before or after it is on record: whichever is quicker.
    await expect
      .poll(() => stood.textContent())
      .toMatch(/^authorize(?:caller heard|answered).*capture(?:caller heard|answered)/);
    await page.getByRole('slider').fill('1');
    expect(await page.locator('.moment-later').count()).toBeGreaterThan(2);
    await expect
      .poll(() => stood.textContent())
      .toMatch(/^authorize(?:announced|requested)circuit.*capturenot begun$/);
  });

  it('are shown with their circuit, as it was when the call began and as it changed', async () => {
    await open(`/payments/${MERCHANT}/pay_of_att_doubt`, 'pay_of_att_doubt');
    const stood = page.locator('.stood');
    await expect.poll(() => stood.textContent()).toMatch(/circuit for adyen open$/);
    await page.getByRole('slider').fill('0');
    await expect.poll(() => stood.textContent()).toBe('authorizenot beguncircuit for adyen closed');
    const circuits = page.locator('.moment', { hasText: 'circuit' });
    expect(await circuits.allTextContents()).toEqual([
      expect.stringMatching(/circuitauthorize for adyen closed$/),
      expect.stringMatching(/circuitauthorize for adyen open$/),
    ]);
  });
});

describe('letters', () => {
  it('that may have moved money stand first, however few, and a person is to settle them', async () => {
    await page.setViewportSize(DESKTOP);
    await open('/letters', 'Dead letters and interventions');
    const first = page.locator('.group').first();
    await first.getByText('may have moved').waitFor();
    expect(await first.innerText()).toContain('1 letter');
    expect(await page.locator('.badge').getAttribute('class')).toContain('badge-urgent');
    const name = await letterNamed('att_doubt');
    await open(`/letters/${name}`, `Letter ${name}`);
    const main = page.locator('.button-main');
    await main.waitFor();
    expect((await main.allInnerTexts()).map((text) => text.trim())).toEqual(['Resolve']);
  });

  it('of one cause are sent again together, after saying what would happen', async () => {
    await open('/letters?cause=no+processor', 'Dead letters and interventions');
    // Some of them are kept for what comes after.
    const kept = [await letterNamed('att_mended'), await letterNamed('att_gone')];
    await page.goto(`${stack.httpUrl}/console/letters/${await letterNamed('att_again_1')}`);
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByLabel('Why').fill('the processor is back');
    await page.getByRole('button', { name: 'What would happen?' }).click();
    await page.getByText('1 letter would be sent again').waitFor();
    await page.getByRole('button', { name: 'Send 1 letter' }).click();
    await page.getByText('1 of 1: 1 sent, 0 left. Done.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    const answer = await until('its answer', async () => {
      const entry = await stack.bridge.ledger.findLatest(MERCHANT, 'authorize:att_again_1');
      return entry?.answer;
    });
    expect(answer).toMatchObject({ status: 'success', transaction_id: 'txn_att_again_1' });
    expect(kept.every(Boolean)).toBe(true);
  });

  it('are only sent by the button that says how many: Enter and a double click ask again', async () => {
    const name = await letterNamed('att_risky_shop');
    await page.goto(`${stack.httpUrl}/console/letters/${name}`);
    const orders: { dry_run?: boolean }[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/letters/retry')) orders.push(request.postDataJSON());
    });
    for (const size of [PHONE, DESKTOP]) {
      await page.setViewportSize(size);
      await page.getByRole('button', { name: 'Send again' }).click();
      await page.getByLabel('Why').fill('the shop is known now');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');
      await page.getByText('1 letter would be sent again').waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

      await page.getByRole('button', { name: 'Send again' }).click();
      await page.getByLabel('Why').fill('the shop is known now');
      const box = await page.getByRole('button', { name: 'What would happen?' }).boundingBox();
      const { x, y, width, height } = box ?? { x: 0, y: 0, width: 0, height: 0 };
      const middle = [x + width / 2, y + height / 2] as const;
      await page.mouse.click(...middle);
      await page.getByRole('button', { name: 'Send 1 letter' }).waitFor();
      await page.mouse.click(...middle);
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    }
    expect(orders.length).toBeGreaterThanOrEqual(4);
    expect(orders.every(({ dry_run }) => dry_run === true)).toBe(true);
    expect(await letterNamed('att_risky_shop')).toBe(name);
  });

  it('of one cause are sent again without those whose cause begins alike', async () => {
    const risky = await letterNamed('att_risky_shop');
    await open('/letters?cause=refused', 'Dead letters and interventions');
    await page.getByText('2 groups').waitFor();
    const group = page.getByRole('listitem').filter({ hasText: 'not onboarded' });
    await group.getByRole('button', { name: 'Retry all' }).click();
    await page.getByLabel('Why').fill('the shop is known now');
    await page.getByRole('button', { name: 'What would happen?' }).click();
    await page.getByRole('button', { name: 'Send 1 letter' }).click();
    await page.getByText('1 of 1: 1 sent, 0 left. Done.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('1 group', { exact: true }).waitFor();
    expect(await letterNamed('att_risky_shop')).toBe(risky);
  });

  it('in doubt are resolved with what the processor said', async () => {
    await page.goto(`${stack.httpUrl}/console/letters/${await letterNamed('att_doubt')}`);
    expect(await page.getByRole('button', { name: 'Send again' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Resolve' }).click();
    await page.getByLabel('The processor’s id').fill('txn_found');
    await page.getByLabel('Why').fill('found at the processor');
    await page.getByRole('button', { name: 'Record it' }).click();
    await page.getByText('is recorded as success').waitFor();
    expect((await stack.bridge.ledger.findLatest(MERCHANT, 'authorize:att_doubt'))?.answer).toMatchObject({
      status: 'success',
      transaction_id: 'txn_found',
    });
  });

  it('are mended and sent, and discarded, each with a reason', async () => {
    await page.goto(`${stack.httpUrl}/console/letters/${await letterNamed('att_mended')}`);
    await page.getByRole('button', { name: 'Edit and send' }).click();
    await page.getByLabel('JSON merge patch').fill('{"amount": {"minor_amount": 900}}');
    await page.getByLabel('Why').fill('a typo');
    await page.getByRole('button', { name: 'Send it mended' }).click();
    await page.getByText('was mended and sent again').waitFor();
    await until('its answer', async () => {
      const entry = await stack.bridge.ledger.findLatest(MERCHANT, 'authorize:att_mended');
      return entry?.answer;
    });

    const gone = await letterNamed('att_gone');
    await page.goto(`${stack.httpUrl}/console/letters/${gone}`);
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByLabel('Why').fill('a test');
    await page.getByRole('button', { name: 'Discard it' }).click();
    await page.getByText(`${gone} was discarded`).waitFor();
    const actions = (await readAudit(stack.bridge.connection)).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['retry', 'resolve', 'edit', 'discard']));
  });

  it('wait for a second person where one is needed: who proposed it cannot approve it, another can', async () => {
    const people = ['jo', 'sam'].map((name) => ({ name, role: 'operator', sha256: digestOf(`${name}-two`) }));
    const careful = await startStack({
      sandbox: false,
      runningServer: stack.server,
      config: { approvals: { required_for: ['discard'] } },
      admin: { tokens: people, rate_limit: 1_000 },
    });
    closers.push(() => careful.close());
    const name = (await letterNamed('att_second')) ?? '';
    const asPerson = async (who: string, path: string) => {
      const view = await browser.newPage({ viewport: DESKTOP });
      closers.push(() => view.close());
      await view.goto(`${careful.httpUrl}/console/#token=${who}-two`);
      await view.getByRole('navigation').waitFor();
      await view.goto(`${careful.httpUrl}/console${path}`);
      return view;
    };
    const jo = await asPerson('jo', `/letters/${name}`);
    await jo.getByRole('button', { name: 'Discard' }).click();
    await jo.getByLabel('Why').fill('a duplicate');
    await jo.getByRole('button', { name: 'Discard it' }).click();
    await jo.getByText('it waits for a second person').waitFor();
    await jo.getByRole('button', { name: /^Look at proposal a/ }).click();
    await jo.getByText('You proposed it: another person has to approve it.').waitFor();
    await jo.getByLabel('Why').fill('sure');
    expect(await jo.getByRole('button', { name: 'Approve, and have it done' }).isDisabled()).toBe(true);

    const sam = await asPerson('sam', '/letters');
    await sam.getByRole('heading', { name: 'Waiting for a second person' }).waitFor();
    await sam.getByText('1 proposal', { exact: true }).waitFor();
    await sam.getByRole('button', { name: /^Look at proposal a/ }).click();
    await sam.getByText('a duplicate').last().waitFor();
    expect(await violations(sam)).toEqual([]);
    await sam.getByLabel('Why').fill('looked at it too');
    await sam.getByRole('button', { name: 'Approve, and have it done' }).click();
    await sam.getByText(`${name}: done`).waitFor();
    const last = (await readAudit(stack.bridge.connection)).at(-1);
    expect(last).toMatchObject({ action: 'discard', who: 'jo', what: { approved_by: 'sam' } });
  });
});

describe('the audit', () => {
  it('is verified when somebody asks: whole, or where it breaks', async () => {
    await page.setViewportSize(DESKTOP);
    await open('/audit', 'Audit');
    const verify = page.getByRole('button', { name: 'Verify' });
    await verify.click();
    const said = page.getByRole('status').filter({ hasText: 'The chain is' });
    await said.getByText(/^The chain is intact: \d+ entries until 20\d\d-.* UTC, each follows/).waitFor();
    expect(await violations(page)).toEqual([]);

    const entry = { action: 'discard', who: 'jo', why: 'x', what: {}, at: new Date().toISOString() };
    const forged = { ...entry, n: 1, previous: '', hash: 'none' };
    await jetstream(await stack.nats()).publish(auditSubject('discard'), JSON.stringify(forged));
    await verify.click();
    await said.getByText(/^The chain is broken: 2 problems in \d+ entries/).waitFor();
    await said.getByText('Entry 1: it was altered.').waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

it('the bundle is at most 120 KB, gzipped', () => {
  const sizes = readdirSync(join(SITE, 'assets'))
    .filter((name) => /\.(js|css)$/.test(name))
    .map((name) => gzipSync(readFileSync(join(SITE, 'assets', name))).length);
  const kilobytes = sizes.reduce((sum, size) => sum + size, 0) / 1_000;
  console.log(`the console: ${kilobytes.toFixed(1)} KB gzipped`);
  expect(kilobytes).toBeLessThan(120);
});

/** Of the first chart: the colour of its grid in this theme, and every colour that is painted. */
const CHART_COLOURS = `(() => {
  const canvas = document.querySelector('.chart canvas');
  const context = canvas.getContext('2d');
  const rgb = (colour) => {
    const one = document.createElement('canvas').getContext('2d');
    one.fillStyle = colour;
    one.fillRect(0, 0, 1, 1);
    return [...one.getImageData(0, 0, 1, 1).data].slice(0, 3).join();
  };
  const style = getComputedStyle(canvas);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const painted = new Set();
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] === 255) painted.add([data[at], data[at + 1], data[at + 2]].join());
  return { axis: rgb(style.getPropertyValue('--line')), painted: [...painted], ground: rgb(style.getPropertyValue('--sheet')) };
})()`;

const LOOKS = [
  { look: 'light', size: DESKTOP, colorScheme: 'light' },
  { look: 'dark', size: DESKTOP, colorScheme: 'dark' },
  { look: 'phone', size: PHONE, colorScheme: 'light' },
] as const;
