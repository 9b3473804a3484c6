/** A fuzz run: a real gateway process, real NATS, a rogue worker; no crash, no hang, no leak, no wrong success. */
import { encodeBody, encodeUcs } from '@nats-bridge/protocol';
import { authorizeRequest, METADATA, startServer } from '../stack-under-test.js';
import { goodReply } from './bad-replies.js';
import { startGatewayProcess } from './gateway-process.js';
import { type GrpcCalls, grpcCalls } from './grpc-calls.js';
import { grpcTarget } from './grpc-target.js';
import { replyTarget } from './reply-target.js';
import { type Asked, startRogueWorker } from './rogue-worker.js';
import { socketTarget } from './socket-target.js';
import { Finding, type Target, type TargetName } from './target.js';

/** Of all inputs, how many go to which target. */
const SHARES: Readonly<Record<TargetName, number>> = { grpc: 0.5, replies: 0.4, sockets: 0.1 };
/** A gateway must still answer a good payment after each so many bad inputs. */
const PROBE_EVERY = 2_000;
/** Memory is compared with what it was after this part of a target's inputs, when caches and code are warm. */
const WARM = 0.3;
const MAX_FINDINGS = 100;
/** Far more than are under way at once. */
const MAX_ASKED = 10_000;

export type FuzzOptions = {
  readonly inputs: number;
  readonly seed: number;
  /** Plays one input alone, which an earlier run has found. */
  readonly only?: { readonly target: TargetName; readonly index: number };
  readonly onProgress?: (line: string) => void;
};

export type FuzzReport = {
  readonly ok: boolean;
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  /** How often each end was seen, such as `grpc answered`. */
  readonly ends: Readonly<Record<string, number>>;
  /** Resident memory of the gateway when warm and at the end of each target, in MiB. */
  readonly resident_mib: Readonly<Record<string, readonly (number | undefined)[]>>;
  readonly findings: readonly {
    readonly target: TargetName;
    readonly index: number;
    readonly what: string;
  }[];
};

export async function fuzz({
  inputs,
  seed,
  only,
  onProgress = () => undefined,
}: FuzzOptions): Promise<FuzzReport> {
  const begunAt = performance.now();
  const nats = await startServer();
  const gateway = await startGatewayProcess(nats.server.url);
  const asked = new Map<string, Asked>();
  const probes = grpcCalls(gateway.grpc);
  const replies = replyTarget(grpcCalls(gateway.grpc), seed);
  const worker = await startRogueWorker(nats.server.url, (request) => {
    const bad = replies.replyTo(request);
    if (bad !== undefined) return bad;
    if (request.operation === 'authorize') remember(request);
    return { body: encodeBody(goodReply(request.correlationId)) };
  });
  const remember = (request: Asked) => {
    asked.set(request.attemptId, request);
    // Calls with wounded ids are never asked for again.
    if (asked.size > MAX_ASKED) asked.delete(asked.keys().next().value as string);
  };
  const take = (attempt: string) => {
    const found = asked.get(attempt);
    asked.delete(attempt);
    return found;
  };
  const targets = [
    await grpcTarget(grpcCalls(gateway.grpc), seed, take),
    replies,
    socketTarget(gateway, seed),
  ];
  const ends: Record<string, number> = {};
  const resident: Record<string, (number | undefined)[]> = {};
  const findings: FuzzReport['findings'][number][] = [];
  let done = 0;

  async function play(target: Target, index: number) {
    let end: string;
    try {
      end = await target.one(index);
    } catch (cause) {
      if (!(cause instanceof Finding)) throw cause;
      end = 'FOUND';
      findings.push({ target: target.name, index, what: cause.message });
    }
    const name = `${target.name} ${end}`;
    ends[name] = (ends[name] ?? 0) + 1;
    done += 1;
    if (done % PROBE_EVERY === 0) {
      await probe(probes, done);
      onProgress(`${done} of ${inputs}, ${findings.length} found, ${gateway.residentMib() ?? '?'} MiB`);
    }
  }

  async function playAll(target: Target) {
    const count = Math.round(inputs * SHARES[target.name]);
    let next = 0;
    let warm: number | undefined;
    const lane = async () => {
      while (next < count && findings.length < MAX_FINDINGS && gateway.died() === undefined) {
        const index = next++;
        if (index === Math.floor(count * WARM)) warm = gateway.residentMib();
        await play(target, index);
      }
    };
    await Promise.all(Array.from({ length: target.concurrency }, lane));
    const died = gateway.died();
    if (died !== undefined) findings.push({ target: target.name, index: next, what: `the gateway ${died}` });
    else await probe(probes, done);
    resident[target.name] = [warm, gateway.residentMib()];
  }

  try {
    for (const target of targets) {
      if (only === undefined) await playAll(target);
      else if (only.target === target.name) await play(target, only.index);
    }
  } catch (cause) {
    if (!(cause instanceof Finding)) throw cause;
    findings.push({ target: 'grpc', index: done, what: cause.message });
  } finally {
    for (const target of targets) await target.close();
    probes.close();
    await worker.close();
    if (gateway.died() === undefined) await gateway.stop();
    await nats.dispose();
  }
  const seconds = Math.round((performance.now() - begunAt) / 1_000);
  return { ok: findings.length === 0, seed, inputs: done, seconds, ends, resident_mib: resident, findings };
}

/** A good payment among the bad ones. @throws Finding */
async function probe(calls: GrpcCalls, after: number): Promise<void> {
  const attempt = `probe_${after}`;
  const request = encodeUcs('PaymentServiceAuthorizeRequest', authorizeRequest(attempt));
  const { code, details, bytes } = await calls.call('PaymentService/Authorize', request, {
    ...METADATA,
    'x-resource-id': attempt,
  });
  if (code !== 0 || bytes.length === 0)
    throw new Finding(`a good payment after ${after} inputs ended with code ${code}: ${details}`);
}
