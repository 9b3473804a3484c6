/** The gRPC side: one load generator for echo and gateway alike, the bare echo, and the gateway. */
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { createBridgeLogging, logBridge, NatsBridge } from '@nats-bridge/connector';
import { startGateway } from '@nats-bridge/gateway';
import { decodeUcs } from '@nats-bridge/protocol';
import { type Asked, idSource, SIZES, UCS, ucsMetadataOf, ucsRequestOf } from '../payment.js';
import { bridgeConfigOf } from './library.js';
import type { Protection, Role, Service, Watched } from './role.js';

const asIs = (bytes: Buffer) => bytes;

export const grpcSender = (isGateway: boolean, asked: Asked = 'authorize'): Role => ({
  kind: 'sender',
  async start({ grpcAddress }) {
    const client = new Client(grpcAddress, credentials.createInsecure());
    const nextIds = idSource();
    const { path, response: responseType } = UCS[asked];
    return {
      sendOf(size) {
        const request = Buffer.from(ucsRequestOf(size, asked));
        return async () => {
          const metadata = new Metadata();
          for (const [name, value] of Object.entries(ucsMetadataOf(nextIds()))) metadata.set(name, value);
          const response = await new Promise<Buffer>((resolve, reject) => {
            client.makeUnaryRequest(path, asIs, asIs, request, metadata, (error, bytes) => {
              if (error !== null || bytes === undefined) reject(error);
              else resolve(bytes);
            });
          });
          if (isGateway) assertCharged(response, responseType);
        };
      },
    };
  },
});

/** Answers that are no answers are longer; only those are decoded, which leaves the generator alone. */
function assertCharged(response: Buffer, type: string): void {
  if (response.length < 100 && response.includes('txn_')) return;
  const { status } = decodeUcs(type, response);
  if (status !== 'CHARGED') throw new Error(`the gateway answered ${String(status)}`);
}

export const grpcEcho: Role = {
  kind: 'service',
  start: () => bareServer((request, answer) => answer(null, request)),
};

/** The floors of gRPC and of NATS in one way: the echo answers when what stands for the bridge has its reply. */
export const grpcBefore = (floor: Role): Role => ({
  kind: 'service',
  async start(options) {
    if (floor.kind !== 'sender') throw new TypeError('a service sends nothing');
    const sender = await floor.start(options);
    const [sendSmall, sendLarge] = [sender.sendOf('1KiB'), sender.sendOf('8KiB')];
    return bareServer((request, answer) => {
      const send = request.length <= SIZES['1KiB'] ? sendSmall : sendLarge;
      send().then(() => answer(null, request), answer);
    });
  },
});

type Answered = (error: Error | null, response?: Buffer) => void;

async function bareServer(handle: (request: Buffer, answer: Answered) => void): Promise<Service> {
  const server = new Server();
  const method = {
    path: UCS.authorize.path,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  server.addService(
    { Authorize: method },
    { Authorize: ({ request }: { request: Buffer }, answer: Answered) => handle(request, answer) },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}` };
}

/** As a Prometheus that is told to look often. */
const SCRAPE_EVERY_MS = 5_000;

export const gateway = ({ isSealed, isSigned }: Protection = {}, watched?: Watched): Role => ({
  kind: 'service',
  async start({ natsUrl, keys, tracesUrl }) {
    const keysFor = (use: 'seals' | 'signs') => ({
      seed_files: [keys.bridge[use].seedFile],
      workers: [keys.pool[use].publicKey],
    });
    const bridge = new NatsBridge({
      ...bridgeConfigOf(natsUrl, true),
      ...(isSealed && { sealing: keysFor('seals') }),
      ...(isSigned && { signing: keysFor('signs') }),
      ...(watched === 'observed' && { tracing: { endpoint: tracesUrl, sample_ratio: 0.1 } }),
    });
    const logging = watched === 'observed' ? createBridgeLogging(bridge.config, 'json') : undefined;
    if (logging !== undefined) logBridge(bridge, logging);
    await bridge.prepare();
    const { grpcPort, httpUrl } = await startGateway({
      bridge,
      logging,
      metrics: watched !== 'bare',
      grpc: { port: 0 },
      http: { port: 0 },
    });
    if (watched === 'observed')
      setInterval(() => void fetch(`${httpUrl}/metrics`).then((page) => page.text()), SCRAPE_EVERY_MS);
    return { address: `127.0.0.1:${grpcPort}` };
  },
});
