/** UCS bytes to the object that travels as JSON, in one pass; readers are made once per message type. */
import protobuf from 'protobufjs/minimal.js';
import { ValidationError } from '../bridge-error.js';
import { bytesToJson, doubleToJson, integerToJson, type JsonObject, type JsonValue, setKey } from './json.js';
import { isTextWrapper, type UcsField, ucsEnum, ucsFields } from './schema.js';

type Reader = protobuf.Reader;
type ReadValue = (reader: Reader, depth: number) => JsonValue;
type ReadField = { readonly wireType: number; read(reader: Reader, object: JsonObject, depth: number): void };
/** Field readers by `number`, and the same with packed fields' other form by `number`. */
type Plan = (ReadField | undefined)[];

const LENGTH_DELIMITED = 2;
const MAX_DEPTH = 100;

/** Bytes that are not the message they should be. The message never holds field values. */
export class UcsDecodeError extends ValidationError {
  constructor(
    readonly messageType: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`not a ${messageType}: ${reason}`, { cause });
  }
}

/**
 * Decodes a message: names in snake_case, enumerations by name (an unknown number stays a number), secrets as
 * plain text, integers beyond 2^53 as decimal text, bytes as base64. Unknown fields are skipped.
 *
 * @throws UcsDecodeError when the bytes are cut off, malformed or nested more than 100 deep.
 */
export function decodeUcs(messageType: string, bytes: Uint8Array): JsonObject {
  const reader = protobuf.Reader.create(bytes);
  try {
    return readMessage(planOf(messageType), reader, reader.len, 0);
  } catch (cause) {
    if (cause instanceof UcsDecodeError) throw cause;
    throw new UcsDecodeError(messageType, `malformed at byte ${reader.pos} of ${reader.len}`, cause);
  }
}

const plans = new Map<string, Plan>();

function planOf(messageType: string): Plan {
  let plan = plans.get(messageType);
  if (plan === undefined) {
    plan = [];
    plans.set(messageType, plan); // before the fields: messages contain themselves
    const fields = ucsFields(messageType);
    for (const field of fields) plan[field.id] = readField(field, fields);
  }
  return plan;
}

function readMessage(plan: Plan, reader: Reader, end: number, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deep');
  const object: JsonObject = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = plan[tag >>> 3];
    const wireType = tag & 7;
    if (field !== undefined && field.wireType === wireType) field.read(reader, object, depth);
    else if (field !== undefined && wireType === LENGTH_DELIMITED && PACKED in field)
      (field as PackedField)[PACKED](reader, object, depth);
    else reader.skipType(wireType);
  }
  if (reader.pos !== end) throw new RangeError('a field runs past its message');
  return object;
}

const PACKED = Symbol('packed');
type PackedField = ReadField & { [PACKED]: ReadField['read'] };

function readField(field: UcsField, siblings: readonly UcsField[]): ReadField {
  const { name } = field;
  if (field.map !== undefined) return { wireType: LENGTH_DELIMITED, read: readMapEntry(field) };
  const read = readValue(field);
  const wireType = wireTypeOf(field);
  if (field.repeated) return repeatedField(name, wireType, read);
  if (field.oneof !== undefined) {
    const others = siblings
      .filter((other) => other.oneof === field.oneof && other !== field)
      .map((other) => other.name);
    return {
      wireType,
      read(reader, object, depth) {
        for (const other of others) if (other in object) delete object[other];
        setMerged(object, name, read(reader, depth), field);
      },
    };
  }
  if (field.type === 'message' && !isTextWrapper(field.of ?? ''))
    return { wireType, read: (reader, object, depth) => setMerged(object, name, read(reader, depth), field) };
  if (field.implicit) return { wireType, read: implicitField(name, read, defaultOf(field)) };
  return {
    wireType,
    read(reader, object, depth) {
      object[name] = read(reader, depth);
    },
  };
}

/** A default value that was written all the same means the same as none. */
function implicitField(name: string, read: ReadValue, byDefault: JsonValue): ReadField['read'] {
  return (reader, object, depth) => {
    const value = read(reader, depth);
    if (value === byDefault) delete object[name];
    else object[name] = value;
  };
}

function repeatedField(name: string, wireType: number, read: ReadValue): ReadField {
  const listOf = (object: JsonObject) => {
    object[name] ??= [];
    return object[name] as JsonValue[];
  };
  const field: ReadField = {
    wireType,
    read: (reader, object, depth) => void listOf(object).push(read(reader, depth)),
  };
  if (wireType === LENGTH_DELIMITED) return field;
  const readPacked: ReadField['read'] = (reader, object, depth) => {
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError('a packed field runs past its message');
    while (reader.pos < end) listOf(object).push(read(reader, depth));
  };
  return Object.assign(field, { [PACKED]: readPacked });
}

/** The same message twice is one message with the fields of both (protobuf's merge rule). */
function setMerged(object: JsonObject, name: string, value: JsonValue, field: UcsField): void {
  const before = object[name];
  const isMessage = field.type === 'message' && typeof value === 'object' && typeof before === 'object';
  object[name] = isMessage ? merge(before as JsonObject, value as JsonObject) : value;
}

function merge(first: JsonObject, second: JsonObject): JsonObject {
  const merged = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const before = merged[name];
    if (Array.isArray(before) && Array.isArray(value)) merged[name] = [...before, ...value];
    else if (isObject(before) && isObject(value)) merged[name] = merge(before, value);
    else setKey(merged, name, value);
  }
  return merged;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readMapEntry(field: UcsField): ReadField['read'] {
  const value = readValue(field);
  const valueWireType = wireTypeOf(field);
  const absent = field.type === 'message' ? () => ({}) : () => defaultOf(field);
  return (reader, object, depth) => {
    const end = reader.uint32() + reader.pos;
    let key = '';
    let entry: JsonValue | undefined;
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === 0x0a) key = reader.string();
      else if (tag >>> 3 === 2 && (tag & 7) === valueWireType) entry = value(reader, depth);
      else reader.skipType(tag & 7);
    }
    object[field.name] ??= {};
    setKey(object[field.name] as JsonObject, key, entry ?? absent());
  };
}

function readValue(field: UcsField): ReadValue {
  switch (field.type) {
    case 'message':
      return isTextWrapper(field.of ?? '') ? readTextWrapper(field.of ?? '') : readNested(field.of ?? '');
    case 'enum':
      return readEnum(field.of ?? '');
    case 'string':
      return (reader) => reader.string();
    case 'bytes':
      return (reader) => bytesToJson(reader.bytes());
    case 'bool':
      return (reader) => reader.bool();
    case 'double':
      return (reader) => doubleToJson(reader.double());
    case 'int32':
      return (reader) => reader.int32();
    case 'uint32':
      return (reader) => reader.uint32();
    case 'int64':
      return (reader) => integerToJson(reader.int64());
    case 'uint64':
      return (reader) => integerToJson(reader.uint64());
  }
}

function readNested(messageType: string): ReadValue {
  let plan: Plan | undefined;
  return (reader, depth) => {
    plan ??= planOf(messageType);
    const length = reader.uint32();
    if (length > reader.len - reader.pos) throw new RangeError('a message runs past its parent');
    return readMessage(plan, reader, reader.pos + length, depth + 1);
  };
}

function readTextWrapper(messageType: string): ReadValue {
  const read = readNested(messageType);
  return (reader, depth) => (read(reader, depth) as JsonObject).value ?? '';
}

function readEnum(name: string): ReadValue {
  const names = new Map<number, string>();
  for (const [value, number] of Object.entries(ucsEnum(name)))
    if (!names.has(number)) names.set(number, value);
  return (reader) => {
    const number = reader.int32();
    return names.get(number) ?? number;
  };
}

function wireTypeOf({ type }: UcsField): number {
  if (type === 'double') return 1;
  return type === 'message' || type === 'string' || type === 'bytes' ? LENGTH_DELIMITED : 0;
}

/** What a field without presence has when it was not written, in JSON form. */
function defaultOf(field: UcsField): JsonValue {
  if (field.type === 'string' || field.type === 'bytes') return '';
  if (field.type === 'bool') return false;
  if (field.type !== 'enum') return 0;
  return Object.entries(ucsEnum(field.of ?? '')).find(([, number]) => number === 0)?.[0] ?? 0;
}
