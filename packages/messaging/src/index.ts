/** The public face of @nats-bridge/messaging. */

export type { StoredRecord } from '@nats-bridge/protocol';
export { askJetStream } from './backup/ask-jetstream.js';
export { keepPastTimeToLive } from './backup/keep-past-time-to-live.js';
export { restoreStream } from './backup/restore-stream.js';
export { unpackS2 } from './backup/s2.js';
export { type SavedStream, type SaveOptions, saveStream } from './backup/save-stream.js';
export {
  type BodyReferenceOptions,
  type BodyReferences,
  createBodyReferences,
} from './bodies/body-reference.js';
export { type Broadcast, type BroadcastOptions, createBroadcast } from './broadcast/broadcast.js';
export { apiSubject } from './connection/api-subject.js';
export { type BackoffOptions, backoffMs, UNTIL_BACK } from './connection/backoff.js';
export type { CancelSignal } from './connection/cancel-signal.js';
export { type Connection, type ConnectionOptions, createConnection } from './connection/connection.js';
export type { ConnectionState, StateChange, StateListener } from './connection/connection-state.js';
export { managerOf } from './connection/manager-of.js';
export type { NatsCredentials, NatsTls } from './connection/nats-security.js';
export { plaintextHosts } from './connection/server-address.js';
export type { WaitOptions } from './connection/wait-for-connected.js';
export { type ConsumePullOptions, consumePull, type PullReader } from './consume/consume-pull.js';
export { DeliveredMessage } from './consume/delivered-message.js';
export {
  type Durability,
  isAtLeast,
  readDurability,
  SURVIVALS,
  type Survival,
} from './durability/durability.js';
export {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  startEmbeddedServer,
} from './embedded/embedded-server.js';
export { EmbeddedServerError, NatsServerNotFoundError } from './embedded/embedded-server-error.js';
export type { NatsServerBinary } from './embedded/find-binary.js';
export { type ObtainOptions, obtainNatsServer } from './embedded/obtain-nats-server.js';
export * from './errors.js';
export { readServiceStatistics, type ServiceStatistics } from './figures/service-statistics.js';
export { type ConsumerFigures, readStreamFigures, type StreamFigures } from './figures/stream-figures.js';
export { createFindSubscriber, type FindSubscriber } from './presence/find-subscriber.js';
export { type Overlap, watchOverlaps } from './presence/overlap-watch.js';
export {
  type AnybodyOptions,
  createPresence,
  type Presence,
  type PresenceOptions,
  type PresenceQuestion,
  type WorkerPresence,
  type WorkersFound,
} from './presence/presence.js';
export { lastMessage } from './records/last-message.js';
export { createRecordStore, type RecordStore } from './records/record-store.js';
export { createRecordWriter, type RecordWriter } from './records/record-writer.js';
export { saysOvertaken } from './records/says-overtaken.js';
export { type AckSubject, ackSubjectsOf, parseAckSubject } from './request/ack-subject.js';
export { type ReadCorrelationId, readJsonCorrelationId } from './request/correlation.js';
export { encodeHeaders, readHeaders } from './request/message-headers.js';
export type {
  LateReply,
  Reply,
  ReplyPath,
  RequestMessage,
  StoredMessage,
  StrayReply,
  UnclaimedReply,
} from './request/reply.js';
export { createRequester } from './request/requester.js';
export type { Requester, RequesterOptions, RequesterStats } from './request/requester-contract.js';
export { saysDenied } from './says-denied.js';
export { saysNoConsumer, saysNoStream, saysNothingThere } from './says-missing.js';
export { SealBrokenError } from './sealing/seal-broken-error.js';
export {
  createSealer,
  newCurveSeed,
  type Opened,
  publicCurveKey,
  type Sealer,
  type SealerOptions,
} from './sealing/sealer.js';
export {
  createMessageSigner,
  type MessageSigner,
  type MessageSignerOptions,
} from './signing/message-signer.js';
export { readSeed } from './signing/read-seed.js';
export { readSigningSeed } from './signing/read-signing-seed.js';
export { SignatureRefusedError } from './signing/signature-refused-error.js';
export {
  assertPublicSigningKey,
  createSigner,
  newSigningSeed,
  publicSigningKey,
  type Signer,
  verifySignature,
} from './signing/signer.js';
export { archivedMessage, archivedMessages } from './stored/archived-messages.js';
export { type ArchiveQuestion, hasAllSince, isCaughtUp } from './stored/has-all-since.js';
export { originSeqOf } from './stored/origin.js';
export {
  deletedSeqs,
  deleteStored,
  type ListOptions,
  type StreamState,
  storedMessage,
  storedMessages,
  streamState,
} from './stored/stored-messages.js';
export { streamInfo } from './stored/stream-info.js';
export { applyTopology } from './topology/apply-topology.js';
export { describeConflict } from './topology/describe-conflict.js';
export { withFewerReplicas } from './topology/fewer-replicas.js';
export {
  isVersionAtLeast,
  SERVER_FEATURES,
  type ServerFeature,
  type ServerFeatures,
  serverFeatures,
} from './topology/server-features.js';
export { TopologyError } from './topology/topology-error.js';
export type {
  BucketSpec,
  ConsumerSpec,
  Difference,
  StreamSpec,
  TopologyChange,
  TopologySpec,
} from './topology/topology-spec.js';
export { wantedBucket, wantedStream } from './topology/wanted-config.js';
export {
  createWorkStream,
  type WorkStream,
  type WorkStreamOptions,
} from './work-stream/work-stream.js';
