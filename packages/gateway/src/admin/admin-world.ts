/** What the routes of the admin API read from and act on; made once for a gateway. */
import {
  type AuditVerification,
  type BrokerFigures,
  createDeadLetters,
  createLetterIndex,
  createPaymentIndex,
  createReadRequested,
  type DeadLetters,
  type LetterIndex,
  type NatsBridge,
  type PaymentIndex,
  type ReadRequested,
  verifyAudit,
} from '@nats-bridge/connector';
import type { Logging } from '@nats-bridge/logging';
import { alertSubject, isoTime } from '@nats-bridge/protocol';
import { type AlertWatch, createAlertWatch, type FiringAlert } from '../alerts/alert-watch.js';
import { createLookout } from '../alerts/lookout.js';
import type { RecentOutcomes } from '../alerts/recent-outcomes.js';
import type { ReadCertificateEnds } from '../doors/certificate-ends.js';
import { type CachedReading, createCachedReading } from '../seen/cached-reading.js';
import { type CircuitHistory, createCircuitHistory } from '../seen/circuit-history.js';
import type { SeenCalls } from '../seen/seen-calls.js';
import type { InFlight } from '../ucs/answer-call.js';
import type { OnWarning } from '../warning.js';
import type { AdminConfig } from './admin-config.js';
import { createJobs, type Jobs } from './jobs.js';
import { createLiveReaders, type LiveReaders } from './live-readers.js';
import { createRecentCalls, type RecentCalls } from './recent-calls.js';

export type AdminWorld = {
  readonly bridge: NatsBridge;
  /** What the gRPC door executes. */
  readonly door: Readonly<InFlight>;
  readonly config: AdminConfig;
  readonly payments: PaymentIndex;
  readonly readRequested: ReadRequested;
  /** Once at a time: who asks while the chain is read hears the same. */
  readonly verifyAudit: () => Promise<AuditVerification>;
  readonly letters: DeadLetters;
  /** To look at many of them. */
  readonly letterIndex: LetterIndex;
  readonly calls: RecentCalls;
  readonly seenCalls: SeenCalls;
  readonly circuits: CircuitHistory;
  readonly jobs: Jobs;
  readonly liveReaders: LiveReaders;
  /** undefined where the program that started the gateway keeps none. */
  readonly logging: Logging | undefined;
  readonly alerts: Pick<AlertWatch, 'firing'>;
  readonly figures: CachedReading<BrokerFigures>;
  /** Whether workers that do not say how they are take requests; asked where none of the SDK answers. */
  readonly anybody: CachedReading<boolean>;
  readonly durability: CachedReading<Awaited<ReturnType<NatsBridge['durability']>>>;
  /** Times the connection came back. */
  reconnects(): number;
  close(): Promise<void>;
};

const ANYBODY = { maxAgeMs: 1_000, timeoutMs: 1_000 };
const DURABILITY = { maxAgeMs: 60_000, timeoutMs: 2_000 };

export type AdminWorldOptions = {
  readonly bridge: NatsBridge;
  readonly door: Readonly<InFlight>;
  readonly config: AdminConfig;
  readonly logging: Logging | undefined;
  /** Told by the gRPC door. */
  readonly seenCalls: SeenCalls;
  readonly outcomes: RecentOutcomes;
  readonly figures: CachedReading<BrokerFigures>;
  readonly certificateEnds: ReadCertificateEnds;
  readonly alertsEveryMs: number;
  readonly onWarning: OnWarning;
};

export function createAdminWorld(options: AdminWorldOptions): AdminWorld {
  const { bridge, door, config, logging, seenCalls, outcomes, figures, certificateEnds, onWarning } = options;
  const payments = createPaymentIndex(bridge, {
    onError: (error) => onWarning(`the admin API cannot read the records: ${error.message}`),
  });
  const letters = createDeadLetters(bridge);
  const calls = createRecentCalls(bridge);
  const circuits = createCircuitHistory(bridge);
  const jobs = createJobs(letters);
  let connections = 0;
  const stopCounting = bridge.connection.onState(({ state }) => {
    if (state === 'connected') connections++;
  });
  const alerts = createAlertWatch((alert, state) => publishAlert(bridge, alert, state));
  const lookout = createLookout(bridge, outcomes);
  const look = async () => {
    const isConnected = bridge.connection.state === 'connected';
    const read = await figures.get();
    const now = Date.now();
    const certificates = certificateEnds().map(({ use, endsAt }) => ({ use, leftMs: endsAt - now }));
    const seen = { isConnected, certificates, figures: read, breakers: calls.breakers() };
    alerts.look(lookout.look(seen, now), now);
  };
  const looking = setInterval(() => void look(), options.alertsEveryMs);
  return {
    bridge,
    door,
    config,
    alerts,
    payments,
    readRequested: createReadRequested(bridge),
    verifyAudit: oneAtATime(() => verifyAudit(bridge.connection)),
    letters,
    letterIndex: createLetterIndex(bridge),
    calls,
    seenCalls,
    circuits,
    jobs,
    liveReaders: createLiveReaders(config.max_streams),
    logging,
    figures,
    anybody: createCachedReading(() => bridge.isAnybodyThere(), ANYBODY),
    durability: createCachedReading(() => bridge.durability(), DURABILITY),
    reconnects: () => Math.max(0, connections - 1),
    async close() {
      clearInterval(looking);
      stopCounting();
      calls.close();
      seenCalls.close();
      outcomes.close();
      circuits.close();
      jobs.close();
      letters.close();
      await payments.close();
    },
  };
}

function oneAtATime<T>(look: () => Promise<T>): () => Promise<T> {
  let looking: Promise<T> | undefined;
  return () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
}

/** For who listens; nobody waits for it. */
function publishAlert(
  { connection, config }: NatsBridge,
  { name, since, ...alert }: FiringAlert,
  state: 'firing' | 'resolved',
): void {
  const message = { name, state, since: isoTime(since), ...alert, instance: config.connection_name };
  connection.current?.publish(alertSubject(name), JSON.stringify(message));
}
