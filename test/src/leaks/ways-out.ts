/**
 * Every file of the product through which something may leave a process, and the sinks in which the leak test looks for
 * it. A file that is not here, and has a way out, fails the test: name the sink, and where it is a new one, fill it in
 * drive.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../worker-process.js';

export const SINKS = [
  'wire',
  'streams',
  'backups',
  'server log',
  'bridge events',
  'worker events',
  'warnings',
  'cli',
  'log stream',
  'log lines',
  'metrics',
  'traces',
  'micro service',
  'admin api',
  'webhooks',
  'answers',
] as const;
export type Sink = (typeof SINKS)[number];

/** Nothing of a payment can come there: it is written before there is one, by a person's own hand. */
type Harmless = 'keys and credentials that a person asked for' | 'no payment';

export const WAYS_OUT: Readonly<Record<string, readonly Sink[] | Harmless>> = {
  'packages/access/src/access-folder.ts': 'keys and credentials that a person asked for',
  'packages/cli/src/commands/audit.ts': ['cli'],
  'packages/cli/src/commands/audit-verify.ts': ['cli'],
  'packages/cli/src/commands/auth.ts': 'keys and credentials that a person asked for',
  'packages/cli/src/commands/backup.ts': ['cli', 'backups'],
  'packages/cli/src/commands/config.ts': 'no payment',
  'packages/cli/src/commands/conformance.ts': 'no payment',
  'packages/cli/src/commands/dlq-approvals.ts': ['cli'],
  'packages/cli/src/commands/dlq-retry.ts': ['cli'],
  'packages/cli/src/commands/dlq.ts': ['cli'],
  'packages/cli/src/commands/doctor.ts': ['cli'],
  'packages/cli/src/commands/keys.ts': 'keys and credentials that a person asked for',
  'packages/cli/src/commands/ledger.ts': ['cli'],
  'packages/cli/src/commands/logs.ts': ['log stream'],
  'packages/cli/src/commands/new.ts': 'no payment',
  'packages/cli/src/commands/pay.ts': 'no payment',
  'packages/cli/src/commands/reconcile.ts': ['cli'],
  'packages/cli/src/commands/replay.ts': ['cli'],
  'packages/cli/src/commands/serve.ts': 'no payment',
  'packages/cli/src/commands/standby-step-down.ts': ['cli'],
  'packages/cli/src/commands/standby.ts': ['cli'],
  'packages/cli/src/commands/top.ts': ['admin api'],
  'packages/cli/src/commands/topology.ts': 'no payment',
  'packages/cli/src/commands/up.ts': 'no payment',
  'packages/cli/src/installation/admin-client.ts': ['admin api'],
  'packages/cli/src/installation/up-session.ts': 'keys and credentials that a person asked for',
  'packages/cli/src/installation/with-archive.ts': ['cli'],
  'packages/cli/src/new/scaffold-worker.ts': 'no payment',
  'packages/cli/src/options/worker-options.ts': ['worker events'],
  'packages/cli/src/output/acted-letters.ts': ['cli'],
  'packages/cli/src/output/terminal.ts': ['cli', 'warnings', 'bridge events'],
  'packages/cli/src/run-command.ts': ['cli'],
  'packages/conformance/src/wire.ts': 'no payment',
  'packages/connector/src/backup/backup-folder.ts': ['backups'],
  'packages/connector/src/backup/who-is-there.ts': 'no payment',
  'packages/connector/src/logging/log-bridge.ts': ['log stream', 'log lines'],
  'packages/cli/src/running/demonstrate.ts': 'no payment',
  'packages/cli/src/running/embedded-server.ts': 'no payment',
  'packages/console/src/api/client.ts': ['admin api'],
  'packages/console/src/shell/keep-focus.ts': 'no payment',
  'packages/gateway/src/admin/admin-app.ts': ['admin api'],
  'packages/gateway/src/admin/admin-world.ts': ['wire'],
  'packages/gateway/src/admin/authenticate.ts': 'no payment',
  'packages/gateway/src/admin/recent-calls.ts': ['admin api'],
  'packages/gateway/src/admin/routes/payments.ts': ['admin api'],
  'packages/gateway/src/admin/event-stream.ts': ['admin api'],
  'packages/gateway/src/alerts/recent-outcomes.ts': ['admin api'],
  'packages/gateway/src/seen/circuit-history.ts': ['admin api'],
  'packages/gateway/src/client/ucs-client.ts': 'no payment',
  'packages/gateway/src/http/http-server.ts': 'no payment',
  'packages/gateway/src/late-answers/post-event.ts': ['webhooks'],
  'packages/gateway/src/seen/seen-calls.ts': ['admin api'],
  'packages/gateway/src/ucs/grpc-door.ts': 'no payment',
  'packages/gateway/src/metrics/connection-metrics.ts': ['metrics'],
  'packages/gateway/src/metrics/gateway-metrics.ts': ['metrics'],
  'packages/gateway/src/metrics/log-metrics.ts': ['metrics'],
  'packages/gateway/src/metrics/operation-metrics.ts': ['metrics'],
  'packages/gateway/src/metrics/rate-limit-metrics.ts': ['metrics'],
  'packages/gateway/src/metrics/reply-metrics.ts': ['metrics'],
  'packages/gateway/src/metrics/rpc-metrics.ts': ['metrics'],
  'packages/gateway/src/metrics/stream-metrics.ts': ['metrics'],
  'packages/gateway/src/metrics/worker-metrics.ts': ['metrics'],
  'packages/logging/src/log-outbox.ts': ['wire', 'log stream'],
  'packages/logging/src/logging.ts': ['log stream', 'log lines'],
  'packages/logging/src/process-lines.ts': ['log lines'],
  'packages/messaging/src/backup/ask-jetstream.ts': 'no payment',
  'packages/messaging/src/backup/restore-stream.ts': ['backups'],
  'packages/messaging/src/backup/save-stream.ts': ['backups'],
  'packages/messaging/src/bodies/body-reference.ts': ['wire', 'streams'],
  'packages/messaging/src/broadcast/broadcast.ts': ['wire'],
  'packages/messaging/src/consume/delivered-message.ts': ['wire'],
  'packages/messaging/src/consume/list-consumers.ts': 'no payment',
  'packages/messaging/src/consume/order-inbox.ts': 'no payment',
  'packages/messaging/src/embedded/claim-store.ts': 'no payment',
  'packages/messaging/src/embedded/embedded-server.ts': ['server log'],
  'packages/messaging/src/figures/service-statistics.ts': ['wire'],
  'packages/messaging/src/presence/find-subscriber.ts': ['wire'],
  'packages/messaging/src/presence/presence.ts': ['wire'],
  'packages/messaging/src/durability/durability.ts': 'no payment',
  'packages/messaging/src/records/record-writer.ts': ['wire', 'streams'],
  'packages/messaging/src/request/outbox.ts': ['wire', 'streams'],
  'packages/messaging/src/request/requester.ts': ['wire'],
  'packages/messaging/src/stored/read-batch.ts': ['wire'],
  'packages/metrics/src/duration-histogram.ts': ['metrics'],
  'packages/tracing/src/export-spans.ts': ['traces'],
  'packages/worker/src/metrics/serve-metrics.ts': ['metrics'],
  'packages/worker/src/metrics/worker-metrics.ts': ['metrics'],
  'packages/worker/src/telemetry/micro-service.ts': ['micro service'],
  'packages/worker/src/requests/reply.ts': ['wire', 'streams'],
  'packages/worker/src/presence.ts': ['wire'],
  'packages/worker/src/requests/settle-delivery.ts': ['wire'],
  'packages/worker/src/requests/handle-plain.ts': ['wire'],
  'workers/ucs/src/grpc/grpc-target.ts': 'no payment',
  'workers/ucs/src/in-process/http-exchange.ts': 'no payment',
};

/** Calls that print, write, send, label or serve. */
const WAY_OUT =
  /\bconsole\.(?:log|info|warn|error|debug)\b|\bpino\.destination\(|process\.std(?:out|err)\b|\b(?:write|append)File(?:Sync)?\(|createWriteStream\(|\bcreate(?:Secure|Adaptor)?Server\(|\bfetch\(|(?<!fc)\.publish\(|\.respond\(|\.requestMany\(|\bnats\.request\(|makeUnaryRequest\(|setAttributes?\(|registerMetric\(|\.(?:inc|dec|observe)\(|putBlob\(|new Response\(|Response\.json\(|new OTLPTraceExporter\(/;

export function filesWithWaysOut(): string[] {
  const files = ['packages', 'workers'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((name) => /^\w+\/[\w-]+\/src\/.+\.ts$/.test(name) && !/\.test\.ts$|\/testing\//.test(name)),
  );
  return files.filter((file) => WAY_OUT.test(withoutComments(readFileSync(join(ROOT, file), 'utf8')))).sort();
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}
