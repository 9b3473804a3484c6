/** What the documentation says to type: each command and option is one of docs/cli.md, each metric one of docs/metrics.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './worker-process.js';

const readText = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const RUNBOOKS = pagesIn('docs/runbooks');
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'deploy/hyperswitch/README.md'],
  ...pagesIn('docs'),
  ...RUNBOOKS,
];

/** How a text that is signed or sealed begins: docs/signing.md, docs/sealing.md. */
const SIGNED_TEXT = /^[a-z ]+ 1$/;

/** By name, such as `dlq retry`: the options that its `--help` has, which a test of its own compares with the page. */
const COMMANDS = new Map(
  readText('docs/cli.md')
    .split(/^##+ nats-bridge /m)
    .slice(1)
    .map((section) => {
      const [name = '', ...rest] = section.split('\n');
      const options = rest.flatMap(
        (line) => /^\| `(-[^`]*)`/.exec(line)?.[1]?.match(/--?[a-z][a-z-]*/g) ?? [],
      );
      return [name, new Set(['--help', ...options])];
    }),
);

describe('the documentation', () => {
  it.each(PAGES)('%s names only commands and options that there are', (page) => {
    for (const typed of commandsIn(readText(page))) {
      const name = nameIn(typed);
      const known = COMMANDS.get(name);
      expect(known, `${typed}: no such command`).toBeDefined();
      const options = typed.match(/(?<= )--?[a-z][a-z-]*/g) ?? [];
      expect(
        options.filter((option) => !known?.has(option)),
        typed,
      ).toEqual([]);
    }
  });

  it.each(RUNBOOKS)('%s looks only for metrics that there are', (page) => {
    const rows = [...readText('docs/metrics.md').matchAll(/^\| `(\w+)` \| \w+ \| ([^|]*) \| (.*) \|$/gm)];
    const lines = rows.map(([, name, labels, says]) => `${name}{${labels}} ${says}`);
    for (const [, pattern = ''] of readText(page).matchAll(/\/metrics \| grep '([^']+)'/g))
      for (const branch of branchesOf(pattern))
        expect(
          lines.some((line) => new RegExp(branch).test(line)),
          `${page}: ${branch}`,
        ).toBe(true);
  });
});

function pagesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

/** As they stand in the text and in examples, without the name of the program and what a shell makes of the rest. */
function commandsIn(page: string): string[] {
  const blocks = [...page.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.split('\n'),
  );
  const inline = [...page.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code = '']) => code,
  );
  return [...blocks, ...inline]
    .map(
      (code) =>
        /(?:^|[ /])nats-bridge ([a-z]+\b(?![-.:/]).*)$/.exec(code)?.[1] ?? /^dlq [a-z]+.*$/.exec(code)?.[0],
    )
    .filter((typed) => typed !== undefined)
    .filter((typed) => !SIGNED_TEXT.test(typed))
    .map((typed) => typed.replaceAll(/"[^"]*"/g, '').replace(/ [#|>&].*/, ''));
}

/** The longest that there is: what stands behind it are arguments, which a command of several has none of. */
function nameIn(typed: string): string {
  const words = typed.split(' ');
  const names = words.map((_, index) => words.slice(0, index + 1).join(' '));
  const name = names.findLast((known) => COMMANDS.has(known)) ?? typed;
  const hasSubcommands = [...COMMANDS.keys()].some((other) => other.startsWith(`${name} `));
  return hasSubcommands && /^ [a-z]/.test(typed.slice(name.length)) ? typed : name;
}

/** `a\(b\|c\)` as `ab` and `ac`. */
function branchesOf(pattern: string): string[] {
  const [, before, choices, behind] = /^(.*)\\\((.*)\\\)(.*)$/.exec(pattern) ?? [];
  if (choices === undefined) return pattern.split('\\|');
  return choices.split('\\|').map((choice) => `${before}${choice}${behind}`);
}
