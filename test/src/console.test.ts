/**
 * The console in the system's Chromium, before a real bridge with real payments and letters: every screen, every action
 * with its effect in NATS, and what axe finds of it. `SCREENSHOTS=1` writes docs/images/console.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { keepDeadLetters, readAudit } from '@nats-bridge/connector';
import { digestOf } from '@nats-bridge/gateway';
import { createWorker } from '@nats-bridge/worker';
import { jetstream } from '@nats-io/jetstream';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPROVED, authorizeRequest, MERCHANT, money, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT } from './worker-process.js';

const TOKEN = 'console-test';
const SITE = join(ROOT, 'packages/console/dist/site');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DECLINED = '4000000000009995';
/** So many that what fails is a small share of it. */
const FLOWING = 150;

let stack: Stack;
let browser: Browser;
let page: Page;
const problems: string[] = [];
const closers: (() => unknown)[] = [];

const authorize = (attempt: string, changes = {}, card = APPROVED) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt, changes, card), attempt);

/** Given back by a worker before it began: safe to send again. */
async function neverSent(attempt: string): Promise<void> {
  const nats = await stack.nats();
  const there = nats.subscribe('hyperswitch.workers.guarded.authorize', {
    callback: (_, message) => void message.respond(),
  });
  const consumer = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-authorize');
  const asking = authorize(attempt);
  const message = await until(
    'it is sent',
    async () => (await consumer.next({ expires: 1_000 })) ?? undefined,
  );
  message.term('no processor for this merchant');
  await asking;
  there.unsubscribe();
}

const letterNamed = (attempt: string) =>
  until(`the letter of ${attempt}`, async () => {
    const answer = await fetch(`${stack.httpUrl}/admin/v1/letters`, {
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    const { items } = (await answer.json()) as { items: { name: string; idempotency_key: string }[] };
    return items.find(({ idempotency_key }) => idempotency_key === `authorize:${attempt}`)?.name;
  });

beforeAll(async () => {
  stack = await startStack({
    config: { timeouts: { authorize: 1_500 }, jetstream: { ack_wait: 1_500, max_deliver: 1 } },
    admin: { tokens: [{ name: 'jo', role: 'admin', sha256: digestOf(TOKEN) }], rate_limit: 1_000 },
  });
  const keeper = keepDeadLetters(stack.bridge);
  closers.push(() => keeper.close());
  for (let number = 1; number <= 12; number++)
    await authorize(`att_paid_${number}`, {}, number % 5 === 0 ? DECLINED : APPROVED);
  const held = await authorize('att_held', { capture_method: 'MANUAL' });
  const capture = {
    merchant_capture_id: 'att_held',
    connector_transaction_id: String(held.connector_transaction_id),
    amount_to_capture: money(1_250),
  };
  await stack.call('PaymentService/Capture', capture, 'att_held', { 'x-request-id': 'req_1' });
  await stack.stopSandbox();
  for (const attempt of ['att_again_1', 'att_again_2', 'att_mended', 'att_gone', 'att_second'])
    await neverSent(attempt);
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
  await authorize('att_doubt');
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
  for (let number = 1; number <= FLOWING; number++) await authorize(`att_flow_${number}`);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  page = await browser.newPage({ viewport: { width: 1_280, height: 860 } });
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

const open = async (path: string, heading: string | RegExp) => {
  await page.goto(`${stack.httpUrl}/console${path}`);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor({ state: 'attached' });
};

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
  const SCREENS = [
    ['overview', '/', 'Overview', 'The way of a payment'],
    ['payments', '/payments', 'Payments', `pay_of_att_flow_${FLOWING}`],
    ['payment', `/payments/${MERCHANT}/pay_of_att_held`, 'pay_of_att_held', 'What happened'],
    ['letters', '/letters', 'Dead letters and interventions', 'no processor for this merchant'],
    ['workers', '/workers', 'Workers', 'acme-eu'],
    ['streams', '/streams', 'Streams', 'PAYMENTS_ARCHIVE'],
    ['breakers', '/breakers', 'Breakers and limits', 'Calls in flight'],
    ['audit', '/audit', 'Audit', 'What people did'],
    ['settings', '/settings', 'Settings', 'reconnect_buffer_size'],
  ] as const;

  it.each(SCREENS)(
    '%s shows what is there, and axe finds nothing',
    async (name, path, heading, text) => {
      await open(path, heading);
      await page.getByText(text).first().waitFor();
      for (const look of LOOKS) {
        await page.setViewportSize(look.size);
        const theme = look.isDark ? 'dark' : 'light';
        await page.evaluate(
          `localStorage.setItem('nats-bridge.theme', '${theme}'); document.documentElement.dataset.theme = '${theme}'`,
        );
        expect(await violations(), `${name} ${look.name}`).toEqual([]);
        const tooWide = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth + 1');
        expect(tooWide, `${name} ${look.name} scrolls sideways`).toBe(false);
        if (process.env.SCREENSHOTS)
          await page.screenshot({ path: join(ROOT, `docs/images/console/${name}-${look.name}.png`) });
      }
      await page.setViewportSize(LOOKS[0].size);
    },
    60_000,
  );

  it('a place that is none says so', async () => {
    await open('/nowhere', 'Nothing is here');
    expect((await fetch(`${stack.httpUrl}/console/assets/none.js`)).status).toBe(404);
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
    await page.getByRole('slider').fill('0');
    expect(await page.locator('.moment-later').count()).toBeGreaterThan(2);
  });
});

describe('letters', () => {
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
      const view = await browser.newPage({ viewport: { width: 1_280, height: 860 } });
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

it('the bundle is at most 120 KB, gzipped', () => {
  const sizes = readdirSync(join(SITE, 'assets'))
    .filter((name) => /\.(js|css)$/.test(name))
    .map((name) => gzipSync(readFileSync(join(SITE, 'assets', name))).length);
  const kilobytes = sizes.reduce((sum, size) => sum + size, 0) / 1_000;
  console.log(`the console: ${kilobytes.toFixed(1)} KB gzipped`);
  expect(kilobytes).toBeLessThan(120);
});

const LOOKS = [
  { name: 'light', size: { width: 1_280, height: 860 }, isDark: false },
  { name: 'dark', size: { width: 1_280, height: 860 }, isDark: true },
  { name: 'phone', size: { width: 390, height: 800 }, isDark: false },
] as const;

async function violations(of: Page = page): Promise<string[]> {
  await of.evaluate(AXE);
  const found = (await of.evaluate('axe.run()')) as {
    violations: { id: string; nodes: { target: string[] }[] }[];
  };
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}
