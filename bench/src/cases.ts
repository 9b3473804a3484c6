/** The cases that are compared: who sends, who stands at the other end, and whether NATS is between them. */
import { coreFloorSender, coreFloorWorker } from './roles/core-floor.js';
import { gateway, grpcBefore, grpcEcho, grpcSender } from './roles/grpc.js';
import { jetstreamFloorSender, jetstreamFloorWorker } from './roles/jetstream-floor.js';
import { librarySender, sdkWorker } from './roles/library.js';
import type { Protection, Role } from './roles/role.js';
import { spanReceiver } from './roles/span-receiver.js';
import { writesFloorSender, writesFloorWorker } from './roles/writes-floor.js';

export type Case = {
  readonly usesNats: boolean;
  /** The server flushes each write to disk before it acknowledges it. */
  readonly isFlushed?: boolean;
  readonly client: Role;
  /** Started in this order, before the client; the last address is the client's target. */
  readonly services: Readonly<Record<string, Role>>;
};

const protectedWhole = (protection: Protection): Case => ({
  usesNats: true,
  client: grpcSender(true),
  services: { gateway: gateway(protection), worker: sdkWorker(true, protection) },
});

/** A floor of NATS behind bare gRPC, with nothing of the bridge between them. */
const asOneWay = (sender: Role, worker: Role): Case => ({
  usesNats: true,
  client: grpcSender(false),
  services: { worker, echo: grpcBefore(sender) },
});

export const CASES = {
  floor_core: { usesNats: true, client: coreFloorSender, services: { worker: coreFloorWorker } },
  floor_jetstream: {
    usesNats: true,
    client: jetstreamFloorSender,
    services: { worker: jetstreamFloorWorker() },
  },
  floor_archived: {
    usesNats: true,
    client: jetstreamFloorSender,
    services: { worker: jetstreamFloorWorker(true) },
  },
  floor_grpc: { usesNats: false, client: grpcSender(false), services: { echo: grpcEcho } },
  floor_series: asOneWay(jetstreamFloorSender, jetstreamFloorWorker()),
  library_core: { usesNats: true, client: librarySender(false), services: { worker: sdkWorker(false) } },
  library_asked: {
    usesNats: true,
    client: librarySender(true, 'sync'),
    services: { worker: sdkWorker(true) },
  },
  whole_asked: {
    usesNats: true,
    client: grpcSender(true, 'sync'),
    services: { gateway: gateway(), worker: sdkWorker(true) },
  },
  library_durable: { usesNats: true, client: librarySender(true), services: { worker: sdkWorker(true) } },
  whole: {
    usesNats: true,
    client: grpcSender(true),
    services: { gateway: gateway(), worker: sdkWorker(true) },
  },
  floor_writes: { usesNats: true, client: writesFloorSender, services: { worker: writesFloorWorker } },
  floor_writes_series: asOneWay(writesFloorSender, writesFloorWorker),
  floor_writes_flushed: {
    usesNats: true,
    isFlushed: true,
    client: writesFloorSender,
    services: { worker: writesFloorWorker },
  },
  floor_writes_flushed_series: { ...asOneWay(writesFloorSender, writesFloorWorker), isFlushed: true },
  whole_sealed: protectedWhole({ isSealed: true }),
  whole_signed: protectedWhole({ isSigned: true }),
  whole_sealed_signed: protectedWhole({ isSealed: true, isSigned: true }),
  whole_bare: {
    usesNats: true,
    client: grpcSender(true),
    services: { gateway: gateway({}, 'bare'), worker: sdkWorker(true) },
  },
  whole_observed: {
    usesNats: true,
    client: grpcSender(true),
    services: { spans: spanReceiver, gateway: gateway({}, 'observed'), worker: sdkWorker(true) },
  },
  whole_flushed: {
    usesNats: true,
    isFlushed: true,
    client: grpcSender(true),
    services: { gateway: gateway(), worker: sdkWorker(true) },
  },
} as const satisfies Record<string, Case>;

export type CaseName = keyof typeof CASES;
export const CASE_NAMES = Object.keys(CASES) as readonly CaseName[];

/** @param path `case/client` or `case/<service>` */
export function roleOf(path: string): Role {
  const [caseName, roleName = ''] = path.split('/');
  const found: Case | undefined = CASES[caseName as CaseName];
  const role = roleName === 'client' ? found?.client : found?.services[roleName];
  if (role === undefined) throw new Error(`${path} is no role of the benchmark`);
  return role;
}
