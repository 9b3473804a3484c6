import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bridgeConfigSchema, subjectTemplateOf, timeoutOf } from './bridge-config.js';
import { ConfigError } from './config-error.js';
import { durationMs } from './duration.js';
import { loadConfig } from './load-config.js';

const SECTIONS = { nats_bridge: bridgeConfigSchema };

/** The specification's example, word for word. */
const SPECIFIED = `
[nats_bridge]
base_url = "nats://localhost:4222"
jetstream_enabled = true
request_timeout_ms = 30000
max_retries = 3
connection_name = "hyperswitch-nats-bridge"

[nats_bridge.subjects]
authorize = "hyperswitch.payments.{merchant_id}.authorize"
capture = "hyperswitch.payments.{merchant_id}.capture"
void = "hyperswitch.payments.{merchant_id}.void"
sync = "hyperswitch.payments.{merchant_id}.sync"
refund = "hyperswitch.payments.{merchant_id}.refund"

[nats_bridge.jetstream]
stream_name = "PAYMENTS"
consumer_name = "hyperswitch-consumer"
ack_wait = 30000
max_deliver = 3
`;

function load(toml: string, env: Record<string, string> = {}) {
  const file = join(mkdtempSync(join(tmpdir(), 'nats-bridge-config-')), 'nats-bridge.toml');
  writeFileSync(file, toml);
  return { file, load: () => loadConfig(SECTIONS, { file, env }).nats_bridge };
}

function problemsOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('it was accepted');
}

describe('configuration', () => {
  it("takes the specification's example, which says what the defaults are", () => {
    const config = load(SPECIFIED).load();
    const defaults = loadConfig(SECTIONS, {}).nats_bridge;
    expect({ ...config, subjects: {} }).toEqual(defaults);
    expect(subjectTemplateOf(defaults, 'capture')).toBe(config.subjects.capture);
  });

  it('puts environment variables over the file', () => {
    const config = load(SPECIFIED, {
      NATS_BRIDGE__REQUEST_TIMEOUT_MS: '5000',
      NATS_BRIDGE__JETSTREAM_ENABLED: 'false',
      NATS_BRIDGE__JETSTREAM__STREAM_NAME: 'MINE',
      NATS_BRIDGE__TIMEOUTS__CAPTURE: '7000',
      UNRELATED: 'x',
    }).load();
    expect(config).toMatchObject({
      request_timeout_ms: 5_000,
      jetstream_enabled: false,
      jetstream: { stream_name: 'MINE' },
    });
    expect([timeoutOf(config, 'capture'), timeoutOf(config, 'authorize')]).toEqual([7_000, 5_000]);
  });

  it.each([
    [
      'request_timeout_ms = "soon"',
      'nats_bridge.request_timeout_ms = "soon" (FILE): must be a whole number of milliseconds from 100 to 600000',
    ],
    ['request_timeout_ms = 5', 'nats_bridge.request_timeout_ms = 5 (FILE): must be at least 100'],
    ['max_retries = 1000', 'nats_bridge.max_retries = 1000 (FILE): must be at most 20'],
    ['base_url = "http://x"', 'nats_bridge.base_url = "http://x" (FILE): must be nats://host:port'],
    [
      'requst_timeout_ms = 5',
      'nats_bridge.requst_timeout_ms (FILE): is not a known key; did you mean request_timeout_ms?',
    ],
    ['base_ur = "nats://h"', 'nats_bridge.base_ur (FILE): is not a known key; did you mean base_url?'],
    ['colour = 1', 'nats_bridge.colour (FILE): is not a known key; see docs/configuration.md'],
    [
      '[nats_bridge.jetstream]\nmax_age = "week"',
      'nats_bridge.jetstream.max_age = "week" (FILE): must be a duration such as',
    ],
    [
      'jetstream_enabled = false\n[nats_bridge.jetstream]\nbackup_workers = true',
      'nats_bridge.jetstream.backup_workers = true (FILE): needs the stream, which jetstream_enabled = false leaves out',
    ],
    [
      '[nats_bridge.jetstream]\nstorage = "tape"',
      'nats_bridge.jetstream.storage = "tape" (FILE): must be one of file, memory',
    ],
    [
      '[nats_bridge.subjects]\nauthorize = "a.*.b"',
      'nats_bridge.subjects.authorize = "a.*.b" (FILE): must be a subject with {merchant_id} in it once',
    ],
    [
      '[nats_bridge.subjects]\nauthorise = "a.{merchant_id}"',
      'nats_bridge.subjects.authorise (FILE): is not a known key; did you mean authorize?',
    ],
    [
      '[nats_bridge.approvals]\nrequired_for = ["refund"]',
      'nats_bridge.approvals.required_for = ["refund"] (FILE): must be a list of retry_unknown, edit, resolve, discard',
    ],
    [
      '[nats_bridge.approvals]\nrequired_for = ["edit", "edit"]',
      'nats_bridge.approvals.required_for = ["edit","edit"] (FILE): must be a list of',
    ],
    [
      '[nats_bridge.approvals]\nrequired_for = ["edit"]\nexpires_after = "8d"',
      'nats_bridge.approvals.expires_after = "8d" (FILE): is longer than letters are kept, which is nats_bridge.jetstream.max_age = "7d"',
    ],
    [
      '[nats_bridge.jetstream]\nmax_age = "1m"',
      'nats_bridge.jetstream.max_age = "1m" (FILE): must be at least nats_bridge.jetstream.duplicate_window, which is "2m"',
    ],
    [
      '[nats_bridge.jetstream]\nduplicate_window = "8d"',
      'nats_bridge.jetstream.max_age (FILE): must be at least nats_bridge.jetstream.duplicate_window, which is "8d"',
    ],
    [
      '[nats_bridge.jetstream]\nmax_age = "209s"',
      'nats_bridge.jetstream.max_age = "209s" (FILE): must be at least "210s", which is how long a request may run with these timeouts, ack_wait and max_deliver: forgotten before, it could be carried out twice',
    ],
    [
      'request_timeout_ms = 60000\n[nats_bridge.timeouts]\nrefund = 90000\n[nats_bridge.jetstream]\narchive_max_age = "4m"',
      'nats_bridge.jetstream.archive_max_age = "4m" (FILE): must be at least "270s"',
    ],
    [
      '[nats_bridge.jetstream]\nledger_max_age = "6d"',
      'nats_bridge.jetstream.ledger_max_age = "6d" (FILE): must be at least nats_bridge.jetstream.max_age, which is "7d": a letter',
    ],
    ['[nats_brigde]', 'nats_brigde (FILE): is not a known key; known are nats_bridge'],
  ])('refuses %j with the key, the value and what is allowed', (line, message) => {
    const { file, load: action } = load(line.startsWith('[nats_br') ? line : `[nats_bridge]\n${line}`);
    expect(problemsOf(action)).toContain(message.replace('FILE', file));
  });

  it.each([
    ['', 'a', 'nats_bridge.rate_limits.a.requests_per_second', 'must be a number from 0.01 to 1000000'],
    [
      'requests_per_second = 0',
      'a',
      'nats_bridge.rate_limits.a.requests_per_second = 0',
      'must be at least 0.01',
    ],
    [
      'requests_per_second = 1\nburst = 1.5',
      'a',
      'nats_bridge.rate_limits.a.burst = 1.5',
      'must be a whole number of calls from 1 to 1000000',
    ],
    [
      'requests_per_second = 1\nmax_wait_ms = 60000',
      'a',
      'nats_bridge.rate_limits.a.max_wait_ms = 60000',
      'must be at most 10000',
    ],
    [
      'requests_per_second = 1\noperation = "settle"',
      'a',
      'nats_bridge.rate_limits.a.operation = "settle"',
      'must be one of *, authorize, capture',
    ],
    [
      'requests_per_second = 1\nmerchant = ""',
      'a',
      'nats_bridge.rate_limits.a.merchant = ""',
      'must be an id of 1 to 255 characters, or *',
    ],
    [
      'requests_per_second = 1\nper = ["shop"]',
      'a',
      'nats_bridge.rate_limits.a.per = ["shop"]',
      'must be a list of merchant, operation, connector',
    ],
    ['requests_per_second = 1\nrps = 5', 'a', 'nats_bridge.rate_limits.a.rps', 'is not a known key'],
    [
      'requests_per_second = 1',
      '"a b"',
      'nats_bridge.rate_limits.a b',
      'is no name here: it must be 1 to 64 letters, digits, _ or -',
    ],
    [
      'requests_per_second = 1\n[nats_bridge.rate_limits.b]\nconnector = "*"\nrequests_per_second = 2',
      'a',
      'nats_bridge.rate_limits.b',
      'is for the same calls as rate_limits.a',
    ],
  ])('refuses the rate limit %j with the key, the value and what is allowed', (lines, name, key, allowed) => {
    const { file, load: action } = load(`[nats_bridge.rate_limits.${name}]\n${lines}`);
    const problems = problemsOf(action);
    expect(problems).toContain(key);
    expect(problems).toContain(`(${file}): ${allowed}`);
  });

  it('takes rate limits from the environment, over the file', () => {
    const config = load('[nats_bridge.rate_limits.each]\nrequests_per_second = 5\nmerchant = "M_1"', {
      NATS_BRIDGE__RATE_LIMITS__EACH__REQUESTS_PER_SECOND: '0.5',
      NATS_BRIDGE__RATE_LIMITS__ALL__REQUESTS_PER_SECOND: '100',
      NATS_BRIDGE__RATE_LIMITS__ALL__PER: 'operation, connector',
    }).load();
    expect(config.rate_limits).toEqual({
      each: {
        merchant: 'M_1',
        operation: '*',
        connector: '*',
        requests_per_second: 0.5,
        max_wait_ms: 0,
        per: ['merchant'],
      },
      all: {
        merchant: '*',
        operation: '*',
        connector: '*',
        requests_per_second: 100,
        max_wait_ms: 0,
        per: ['operation', 'connector'],
      },
    });
  });

  it('names the environment variable at fault', () => {
    const { load: action } = load('', { NATS_BRIDGE__MAX_RETRIES: 'many' });
    expect(problemsOf(action)).toBe(
      'nats_bridge.max_retries = "many" (environment variable NATS_BRIDGE__MAX_RETRIES): must be a whole number from 0 to 20',
    );
  });

  it('lists everything that is wrong at once', () => {
    const { load: action } = load('[nats_bridge]\nmax_retries = -1\nrequest_timeout_ms = 1');
    expect(problemsOf(action).split('\n')).toHaveLength(2);
  });

  it('says where a file is not TOML, or that it is not there', () => {
    const { file, load: action } = load('[nats_bridge]\nmax_retries = = 3');
    expect(problemsOf(action)).toMatch(new RegExp(`^${file}:2:\\d+: `));
    expect(problemsOf(() => loadConfig(SECTIONS, { file: '/nowhere.toml' }))).toBe(
      '/nowhere.toml: there is no such file',
    );
  });

  it('never shows a password', () => {
    const { load: action } = load('[nats_bridge]\nbase_url = "nats://user:hunter2@host with blank"');
    expect(problemsOf(action)).not.toContain('hunter2');
  });

  it('reads durations', () => {
    expect(['500ms', '30s', '2m', '12h', '7d'].map(durationMs)).toEqual([
      500, 30_000, 120_000, 43_200_000, 604_800_000,
    ]);
  });
});
