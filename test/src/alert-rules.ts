/** The alert rules as they stand in deploy/prometheus, and what their expressions ask for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './worker-process.js';

export type AlertRule = {
  readonly alert: string;
  readonly severity: string;
  readonly expr: string;
  /** Path of its page, from the root. */
  readonly runbook: string;
};

/** The file keeps to one form, which promtool checks; anything else is an error here. */
export function alertRules(): AlertRule[] {
  const [, ...rules] = readFileSync(join(ROOT, 'deploy/prometheus/alerts.yml'), 'utf8').split(
    /^ +- alert: /m,
  );
  return rules.map((rule) => ({
    alert: /^\w+/.exec(rule)?.[0] ?? '',
    severity: valueIn(rule, /^ +severity: (\w+)$/m),
    expr: valueIn(rule, /^ +expr: (?:\|\n)?([\s\S]+?)\n {8}(?:for|labels):/m),
    runbook: valueIn(rule, /^ +runbook: (\S+)$/m),
  }));
}

function valueIn(rule: string, pattern: RegExp): string {
  const value = pattern.exec(rule)?.[1];
  if (value === undefined) throw new Error(`a rule has nothing that fits ${pattern}: ${rule.slice(0, 80)}`);
  return value;
}

/** The bridge's own metrics that an expression names, with the labels it chooses by. */
export function selectorsIn(expr: string): { readonly metric: string; readonly labels: readonly string[] }[] {
  const found = expr.matchAll(/\b((?:nats_bridge|messaging|rpc|process|nodejs)_\w+)(?:\{([^}]*)\})?/g);
  return [...found].map(([, metric = '', matchers = '']) => ({
    metric,
    labels: [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label),
  }));
}
