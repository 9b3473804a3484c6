/** The alert rules: what promtool says of them, and that each has its page and its tests. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { alertRules } from './alert-rules.js';
import { ROOT } from './worker-process.js';

const execute = promisify(execFile);
const FOLDER = join(ROOT, 'deploy/prometheus');
/** Where scripts/setup-prometheus.mjs unpacks it, unless there is one on the PATH. */
const UNPACKED = join(ROOT, '.cache/prometheus/usr/bin/promtool');
const PROMTOOL = existsSync(UNPACKED) ? UNPACKED : 'promtool';
const PAGES = join(ROOT, 'docs/runbooks');
const readText = (path: string) => readFileSync(path, 'utf8');

async function promtool(...args: string[]): Promise<string> {
  const { stdout, stderr } = await execute(PROMTOOL, args, { cwd: FOLDER });
  return stdout + stderr;
}

describe('the alert rules', () => {
  it('are rules that Prometheus takes, with the scrape configuration beside them', async () => {
    expect(await promtool('check', 'config', 'prometheus.yml')).toContain(
      `${alertRules().length} rules found`,
    );
  });

  it('fire when they must, and only then', async () => {
    expect(await promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
  });

  it.each(alertRules())(
    '$alert is tested both ways, and has a page: what it means for money, where to look, what to do, when it is over',
    ({ alert, runbook }) => {
      const tests = readText(join(FOLDER, 'alerts.test.yml'));
      expect(tests).toContain(`- name: ${alert} fires\n`);
      expect(tests).toContain(`- name: ${alert} stays quiet\n`);
      const page = readText(join(ROOT, runbook));
      expect(page.startsWith(`# ${alert}\n`)).toBe(true);
      expect(page).toMatch(
        /\n\*\*Money\*\*: [\s\S]+\n## Look\n\n- [\s\S]+\n## Do\n\n[-|] [\s\S]+\n## Over\n\n\S/,
      );
    },
  );
});

/** What the name of a metric may begin with by a pattern of grep: each of its first alternatives. */
function beginnings(pattern: string): string[] {
  const [, before = '', either = '', after = ''] = /^(.*?)(?:\\\((.*?)\\\)(.*))?$/.exec(pattern) ?? [];
  return either.split('\\|').map((one) => `${before}${one}${after}`.replace(/\.\*.*/, ''));
}

describe('the runbooks', () => {
  it('are those of the rules, and listed', () => {
    const rules = alertRules();
    const listed = [...readText(join(PAGES, 'README.md')).matchAll(/^\| \[(\w+)\]\((\S+)\) \| (\w+) \|/gm)];
    expect(
      listed.map(([, alert, page, severity]) => ({ alert, severity, runbook: `docs/runbooks/${page}` })),
    ).toEqual(rules.map(({ alert, severity, runbook }) => ({ alert, severity, runbook })));
    const pages = readdirSync(PAGES).filter((name) => name !== 'README.md');
    expect(pages.toSorted()).toEqual(rules.map(({ runbook }) => runbook.split('/').at(-1)).toSorted());
  });

  it('look only for metrics that there are', () => {
    const names = [...readText(join(ROOT, 'docs/metrics.md')).matchAll(/`([a-z]+(?:_[a-z0-9]+)+)`/g)];
    for (const page of readdirSync(PAGES))
      for (const [, pattern = ''] of readText(join(PAGES, page)).matchAll(/grep '\^([^']+)'/g))
        for (const start of beginnings(pattern))
          expect(
            names.some(([, name]) => name?.startsWith(start)),
            `${page}: ${start}`,
          ).toBe(true);
  });

  it('link only to files that are there', () => {
    for (const page of readdirSync(PAGES))
      for (const [, target] of readText(join(PAGES, page)).matchAll(
        /\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g,
      ))
        expect(existsSync(join(PAGES, target ?? '')), `${page} → ${target}`).toBe(true);
  });
});
