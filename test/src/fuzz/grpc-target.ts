/** The gRPC door: requests of every method with wounds in body and metadata. */
import { status } from '@grpc/grpc-js';
import { decodeUcs, encodeUcs, type JsonObject, UCS_METHODS } from '@nats-bridge/protocol';
import { pick, type Random } from '../faults/random.js';
import { METADATA } from '../stack-under-test.js';
import { driveEveryMethod } from '../ucs-scenario.js';
import type { GrpcCalls } from './grpc-calls.js';
import { mutate } from './mutate.js';
import type { Asked } from './rogue-worker.js';
import { Finding, randomFor, type Target } from './target.js';

type Sample = {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
};

/** Refusals of a call that is none; anything else but OK is a fault of ours. */
const REFUSALS: ReadonlySet<number> = new Set([
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.RESOURCE_EXHAUSTED,
]);
const TYPES = new Map(UCS_METHODS.map((entry) => [`${entry.service}/${entry.method}`, entry]));
const MONEY_MOVED: ReadonlySet<unknown> = new Set(['CHARGED', 'AUTHORIZED', 'PARTIAL_CHARGED']);

/** @param askedOf what the worker was asked for an attempt, if it was */
export async function grpcTarget(
  calls: GrpcCalls,
  seed: number,
  askedOf: (attemptId: string) => Asked | undefined,
): Promise<Target> {
  const samples = await recordSamples();
  return {
    name: 'grpc',
    concurrency: 64,
    async one(index) {
      const random = randomFor('grpc', seed, index);
      const attempt = `grpc_${index}`;
      const sample = pick(samples, random);
      const bytes = random() < 0.9 ? mutate(sample.bytes, random) : sample.bytes;
      const isMarked = random() < 0.7;
      const metadata = isMarked
        ? { ...sample.metadata, 'x-resource-id': attempt }
        : woundedMetadata({ ...sample.metadata, 'x-resource-id': attempt }, random);
      const { code, details, bytes: answer } = await calls.call(sample.path, bytes, metadata);
      // A webhook that no worker has read in time is sent again by its sender.
      const isUnread = code === status.UNAVAILABLE && details.startsWith('No worker has read the webhook');
      if (REFUSALS.has(code) || isUnread) return `refused ${status[code]}`;
      if (code !== status.OK) throw new Finding(`${sample.path} ended with ${status[code]}: ${details}`);
      const said = answerOf(sample.path, answer);
      if (sample.path === 'PaymentService/Authorize' && isMarked && MONEY_MOVED.has(said.status))
        expectAsked(askedOf(attempt), bytes);
      return 'answered';
    },
    close: () => calls.close(),
  };
}

/** A success has a worker behind it that was asked for just this amount. */
function expectAsked(asked: Asked | undefined, bytes: Uint8Array): void {
  if (asked === undefined) throw new Finding('success, and no worker was asked');
  const { amount } = decodeUcs('PaymentServiceAuthorizeRequest', bytes) as { amount?: JsonObject };
  if (String(asked.minorAmount) !== String(amount?.minor_amount))
    throw new Finding(`asked for ${amount?.minor_amount}, and the worker for ${asked.minorAmount}`);
}

function answerOf(path: string, bytes: Uint8Array): JsonObject {
  // An older name of a method is in no schema.
  const type = TYPES.get(path)?.responseType;
  if (type === undefined) return {};
  try {
    return decodeUcs(type, bytes);
  } catch (cause) {
    throw new Finding(`${path}: the answer is no ${type}: ${(cause as Error).message}`);
  }
}

/** What our own gRPC client lets through: printable ASCII. */
function woundedMetadata(metadata: Record<string, string>, random: Random): Record<string, string> {
  const name = pick(Object.keys(metadata), random);
  if (random() < 0.3) {
    const { [name]: _removed, ...rest } = metadata;
    return rest;
  }
  const wounded = mutate(Buffer.from(metadata[name] ?? ''), random).toString('latin1');
  return { ...metadata, [name]: wounded.replace(/[^\x20-\x7e]/g, '?') };
}

/** The requests of the scenario that every stack is tested with, without sending them. */
async function recordSamples(): Promise<Sample[]> {
  const samples: Sample[] = [];
  const record = (
    path: string,
    bytes: Uint8Array,
    metadata: Readonly<Record<string, string | undefined>>,
  ) => {
    const given = Object.entries({ ...METADATA, ...metadata }).filter(([, value]) => value !== undefined);
    samples.push({ path, bytes, metadata: Object.fromEntries(given) as Record<string, string> });
  };
  await driveEveryMethod({
    call: async (method, request, _attempt, metadata = {}) => {
      record(method, encodeUcs(TYPES.get(method)?.requestType ?? '', request), metadata);
      return { connector_transaction_id: 'txn_1', connector_refund_id: 're_1' };
    },
    raw: async (path, bytes, metadata) => {
      record(path, bytes, metadata);
      return Buffer.alloc(0);
    },
    advance: () => undefined,
  });
  return samples;
}
