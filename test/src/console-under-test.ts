/** The console in the system's Chromium, before a bridge that runs: its screens, looks, and what axe finds of it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { keepDeadLetters } from '@nats-bridge/connector';
import { digestOf } from '@nats-bridge/gateway';
import type { JsonObject } from '@nats-bridge/protocol';
import { type Browser, chromium, type Page } from 'playwright-core';
import { neverSent } from './never-sent.js';
import { authorizeRequest, MERCHANT, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

export const TOKEN = 'console-test';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** `[gateway.admin]` for a stack whose console is looked at. */
export const ADMIN = {
  tokens: [
    { name: 'jo', role: 'admin', sha256: digestOf(TOKEN) },
    { name: 'vi', role: 'viewer', sha256: digestOf(`${TOKEN}-viewer`) },
  ],
  rate_limit: 1_000,
};

export type Screen = {
  readonly name: string;
  readonly path: string;
  readonly heading: string;
  /** What of the API it shows, as a pattern of Playwright's. */
  readonly asks: string;
};

/** @param payment of {@link MERCHANT}; @param letter its name */
export const screensOf = (payment: string, letter: string): readonly Screen[] => [
  { name: 'overview', path: '/', heading: 'Overview', asks: '/overview' },
  { name: 'payments', path: '/payments', heading: 'Payments', asks: '/payments?*' },
  {
    name: 'payment',
    path: `/payments/${MERCHANT}/${payment}`,
    heading: payment,
    asks: `/payments/${MERCHANT}/${payment}`,
  },
  { name: 'letters', path: '/letters', heading: 'Dead letters and interventions', asks: '/letters?*' },
  { name: 'letter', path: `/letters/${letter}`, heading: `Letter ${letter}`, asks: `/letters/${letter}` },
  { name: 'workers', path: '/workers', heading: 'Workers', asks: '/workers' },
  { name: 'streams', path: '/streams', heading: 'Streams', asks: '/streams' },
  { name: 'breakers', path: '/breakers', heading: 'Breakers and limits', asks: '/breakers' },
  { name: 'audit', path: '/audit', heading: 'Audit', asks: '/audit?*' },
  { name: 'settings', path: '/settings', heading: 'Settings', asks: '/settings' },
];

export const DESKTOP = { width: 1_280, height: 860 };
export const PHONE = { width: 390, height: 800 };

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

/** A page that is signed in. */
export async function signIn(
  browser: Browser,
  { httpUrl }: Pick<Stack, 'httpUrl'>,
  { size = DESKTOP, token = TOKEN } = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: size });
  await page.goto(`${httpUrl}/console/#token=${token}`);
  await page.getByRole('navigation').waitFor();
  return page;
}

/** Loads the console anew at a screen. */
export async function openScreen(
  page: Page,
  { httpUrl }: Pick<Stack, 'httpUrl'>,
  { path, heading }: { readonly path: string; readonly heading: string | RegExp },
): Promise<void> {
  await page.goto(`${httpUrl}/console${path}`);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor({ state: 'attached' });
}

/** What axe finds, in words. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = (await page.evaluate('axe.run()')) as {
    violations: { id: string; nodes: { target: string[] }[] }[];
  };
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}

/** Asks for a payment over gRPC. */
type Authorize = (attempt: string, changes?: JsonObject) => ReturnType<Stack['call']>;

export type StackToShow = Stack & { readonly authorize: Authorize };

/**
 * A bridge whose console has something to show.
 * @param letters attempts that no worker began @param payments how many were answered: `att_1` and on
 */
export async function startStackToShow({
  letters,
  payments,
}: {
  readonly letters: readonly string[];
  readonly payments: number;
}): Promise<StackToShow> {
  const config = { timeouts: { authorize: 5_000 }, jetstream: { max_deliver: 1 } };
  const stack = await startStack({ config, admin: ADMIN, sandbox: false });
  const keeper = keepDeadLetters(stack.bridge);
  const authorize: Authorize = (attempt, changes = {}) =>
    stack.call('PaymentService/Authorize', authorizeRequest(attempt, changes), attempt);
  for (const attempt of letters) await neverSent(stack, authorize, attempt);
  await stack.startSandbox();
  for (let number = 1; number <= payments; number++) await authorize(`att_${number}`);
  for (const attempt of letters) await letterNamed(stack, attempt);
  return {
    ...stack,
    authorize,
    async close() {
      await keeper.close();
      await stack.close();
    },
  };
}

/** The name of an attempt's letter, as soon as there is one. */
export const letterNamed = (stack: Stack, attempt: string): Promise<string> =>
  until(`the letter of ${attempt}`, async () => {
    const answer = await fetch(`${stack.httpUrl}/admin/v1/letters`, {
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    const { items } = (await answer.json()) as { items: { name: string; idempotency_key: string }[] };
    return items.find(({ idempotency_key }) => idempotency_key === `authorize:${attempt}`)?.name;
  });
