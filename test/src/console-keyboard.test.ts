/** The console without a mouse, before a real bridge: Tab reaches everything in the order in which it is read. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

let stack: StackToShow;
let browser: Browser;
const pages = new Map<string, Page>();
const SIZES = { desktop: DESKTOP, phone: PHONE };

beforeAll(async () => {
  stack = await startStackToShow({ letters: ['att_a', 'att_b'], payments: 30 });
  browser = await launchBrowser();
  for (const [name, size] of Object.entries(SIZES)) pages.set(name, await signIn(browser, stack, { size }));
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stack?.close();
});

const pageOf = (size: keyof typeof SIZES) => pages.get(size) as Page;

describe.each(['desktop', 'phone'] as const)('on a %s', (size) => {
  it.each(screensOf('pay_of_att_3', 'd1'))(
    'Tab goes through $name in the order in which it is read, and out again',
    async ({ path, heading }) => {
      const page = pageOf(size);
      await openScreen(page, stack, { path, heading });
      await page.locator('.skeleton').waitFor({ state: 'detached' });
      await page.getByText('2 letters waiting').waitFor({ state: 'attached' });
      const wanted = (await page.evaluate(CONTROLS)) as string[];
      const stops = await tabThrough(page, wanted.length + 5);
      expect(stops.map(({ name }) => name)).toEqual(wanted);
      expect(stops[0]?.name).toBe('A Skip to the screen');
      for (const { name, outlined, covered } of stops)
        expect({ name, outlined, covered }).toEqual({ name, outlined: true, covered: '' });
      // The skip link, the ways to the screens, the frame, the screen.
      expect(stops.map(({ region }) => region)).toEqual(
        [...stops].map(({ region }) => region).sort((a, b) => REGIONS.indexOf(a) - REGIONS.indexOf(b)),
      );
      const main = stops.filter(({ region }) => region === 'MAIN');
      for (const [index, { name, box }] of main.slice(1).entries()) {
        const before = main[index] as Stop;
        const isNext = box.top >= before.box.top - 6 || box.left >= before.box.right - 6;
        expect(isNext, `${name} is read after ${before.name}`).toBe(true);
      }
      // And back again: nothing holds the focus.
      await page.keyboard.press('Shift+Tab');
      if (!(await focused(page)).isFocused) await page.keyboard.press('Shift+Tab');
      expect((await focused(page)).name).toBe(wanted.at(-1));
    },
    60_000,
  );
});

describe('the keyboard alone', () => {
  it('skips to the screen', async () => {
    const page = pageOf('desktop');
    await openScreen(page, stack, { path: '/payments', heading: 'Payments' });
    await page.getByRole('link', { name: 'pay_of_att_3', exact: true }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.getByText('Skip to the screen').boundingBox()).toMatchObject({ y: 8 });
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    expect((await focused(page)).name).toBe('BUTTON Export CSV');
  });

  it('goes from row to row, opens a payment, and begins at its screen', async () => {
    const page = pageOf('desktop');
    await openScreen(page, stack, { path: '/payments', heading: 'Payments' });
    await page.locator('[data-row="0"] a').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const row = '[data-row="2"] a';
    const name = await page.locator(row).textContent();
    await expectFocus(page, `A ${name}`);
    await page.keyboard.press('End');
    await expectFocus(page, `A ${await page.locator('[data-row="31"] a').textContent()}`);
    await page.keyboard.press('Home');
    await expectFocus(page, `A ${await page.locator('[data-row="0"] a').textContent()}`);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /^pay_of_/ }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  const DIALOGS = [
    ['/letters/d1', 'Send again'],
    ['/letters/d1', 'Resolve'],
    ['/letters/d1', 'Edit and send'],
    ['/letters/d1', 'Discard'],
    ['/letters', 'Retry all'],
    ['/payments/merchant_1/pay_of_att_3', 'Show the message: requested authorize'],
  ] as const;
  it.each(DIALOGS)('%s: "%s" opens a dialog that keeps the focus and gives it back', async (path, button) => {
    const page = pageOf('desktop');
    await openScreen(page, stack, { path, heading: /./ });
    const opener = page.getByRole('button', { name: button, exact: true, disabled: false });
    await opener.waitFor();
    for (const close of ['Escape', 'Enter']) {
      await opener.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      const inside = (await page.evaluate(CONTROLS_OF_DIALOG)) as number;
      expect(await page.evaluate(IN_DIALOG)).toBe(true);
      // Twice around: it goes nowhere but to the browser itself.
      for (let step = 0; step < inside * 2 + 2; step++) {
        await page.keyboard.press('Tab');
        expect(await page.evaluate(IN_DIALOG_OR_BROWSER)).toBe(true);
      }
      if (close === 'Enter') await page.getByRole('button', { name: 'Close' }).first().focus();
      await page.keyboard.press(close);
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect((await focused(page)).name, `closed by ${close}`).toBe(`BUTTON ${button}`);
    }
  });

  it('stays in the screen when the button that was pressed goes away', async () => {
    const page = pageOf('desktop');
    await openScreen(page, stack, { path: '/payments', heading: 'Payments' });
    await page.getByText('live', { exact: true }).waitFor();
    await stack.authorize('att_newer');
    await page.getByRole('button', { name: /newer: show/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'pay_of_att_newer' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  it('opens what a phone has no room for, and closes it by Escape', async () => {
    const page = pageOf('phone');
    await openScreen(page, stack, { path: '/', heading: 'Overview' });
    const more = page.getByRole('button', { name: 'More' });
    await more.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect((await focused(page)).name).toBe('A Streams');
    await page.keyboard.press('Escape');
    expect((await focused(page)).name).toBe('BUTTON More');
  });
});

type Stop = {
  readonly name: string;
  readonly region: string;
  readonly isFocused: boolean;
  readonly outlined: boolean;
  /** By what, where something lies over it. */
  readonly covered: string;
  readonly box: { readonly top: number; readonly left: number; readonly right: number };
};

const REGIONS = ['', 'NAV', 'HEADER', 'MAIN'];

/** In the page: what an element is called here. */
const NAME = `(element) => {
  const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
  return (element.tagName + ' ' + label.trim().replaceAll(/\\s+/g, ' ').slice(0, 60)).trim();
}`;
/** Of the rows of a list one is reached by Tab, the others by arrows: those have the tab index -1. */
const REACHABLE =
  'a[href], button:not(:disabled), input, select, textarea, summary, [tabindex]:not([tabindex="-1"])';
const CONTROLS = `[...document.querySelectorAll('${REACHABLE}')]
  .filter((element) => element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true }))
  .map(${NAME})`;
const CONTROLS_OF_DIALOG = `[...document.querySelector('dialog').querySelectorAll('${REACHABLE}')].length`;
const IN_DIALOG = `document.querySelector('dialog').contains(document.activeElement)`;
const IN_DIALOG_OR_BROWSER = `${IN_DIALOG} || document.activeElement === document.body`;
const FOCUSED = `(() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const above = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
  const isOver = above && !element.contains(above) && !above.contains(element);
  return {
    name: (${NAME})(element),
    region: element.closest('nav, header.top, main')?.tagName ?? '',
    isFocused: element !== document.body,
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    covered: above === null ? 'outside of the window' : isOver ? above.outerHTML.slice(0, 80) : '',
    box: { top: box.top + scrollY, left: box.left, right: box.right },
  };
})()`;

const focused = (page: Page) => page.evaluate(FOCUSED) as Promise<Stop>;

/** From the address bar, until the page is left. */
async function tabThrough(page: Page, most: number): Promise<Stop[]> {
  const stops: Stop[] = [];
  while (stops.length < most) {
    await page.keyboard.press('Tab');
    const stop = await focused(page);
    // Out of the page, or around.
    if (!stop.isFocused || stop.name === stops[0]?.name) break;
    stops.push(stop);
  }
  return stops;
}

const expectFocus = (page: Page, name: string) =>
  expect.poll(async () => (await focused(page)).name, { timeout: 10_000 }).toBe(name);
