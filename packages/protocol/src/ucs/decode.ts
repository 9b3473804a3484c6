/** UCS bytes to the object that travels as JSON, in one pass; readers are made once per message type. */
import type { Reader } from 'protobufjs/minimal.js';
import { type JsonObject, type JsonValue, setKey } from './json.js';
import { enumScalar, SCALARS, TEXT } from './scalar.js';
import { isTextWrapper, type UcsField, type UcsSchema, ucsEnum, ucsFields } from './schema.js';

/** Reads one occurrence of a field, behind its tag, into the object. */
type ReadField = (reader: Reader, object: JsonObject, depth: number) => void;
/** The readers of a message by tag, that is by `number << 3 | wire type`: another wire type is an unknown field. */
type FieldReaders = (ReadField | undefined)[];
/** Reads one value; what `merges` continues the value that the field has already (protobuf's merge rule). */
type ReadValue = (reader: Reader, depth: number, before: JsonValue | undefined) => JsonValue;
type ValueReader = {
  readonly wireType: number;
  readonly merges: boolean;
  readonly read: ReadValue;
  /** What stands for a value that was not written. */
  readonly absent: () => JsonValue;
};

/** Reads a whole buffer as a message. */
export type ReadMessage = (reader: Reader) => JsonObject;

const MAX_DEPTH = 100;
const LENGTH_DELIMITED = 2;
const KEY_TAG = 0x0a;
const TEXT_TAG = 0x0a;

/** Bytes that protobufjs would take and that are wrong all the same. */
export class Malformed extends Error {}

/** Gives the reader of any message of the schema. The readers throw Malformed or what protobufjs throws. */
export function createMessageReaders(schema: UcsSchema): (messageType: string) => ReadMessage {
  const readers = new Map<string, FieldReaders>();

  function readersOf(messageType: string): FieldReaders {
    let fields = readers.get(messageType);
    if (fields === undefined) {
      fields = [];
      readers.set(messageType, fields); // before the fields: messages may contain themselves
      const siblings = ucsFields(messageType, schema);
      for (const field of siblings) addField(fields, field, siblings);
    }
    return fields;
  }

  function addField(fields: FieldReaders, field: UcsField, siblings: readonly UcsField[]): void {
    const { name } = field;
    const value = valueReader(field);
    const add = (wireType: number, read: ReadField) => {
      fields[(field.id << 3) | wireType] = read;
    };
    if (field.map !== undefined) add(LENGTH_DELIMITED, readMapEntry(name, value));
    else if (field.repeated) {
      if (value.wireType !== LENGTH_DELIMITED) add(LENGTH_DELIMITED, readPacked(name, value));
      add(value.wireType, readItem(name, value));
    } else {
      const read = field.implicit ? readImplicit(name, value) : readPresent(name, value);
      add(value.wireType, field.oneof === undefined ? read : readMember(read, field, siblings));
    }
  }

  function valueReader({ type, of = '' }: UcsField): ValueReader {
    if (type === 'message' && isTextWrapper(of, schema)) return TEXT_WRAPPER;
    if (type === 'message') return messageReader(of);
    const { wireType, read, defaultValue } =
      type === 'enum' ? enumScalar(of, ucsEnum(of, schema)) : SCALARS[type];
    return { wireType, merges: false, read, absent: () => defaultValue };
  }

  function messageReader(messageType: string): ValueReader {
    let fields: FieldReaders | undefined;
    return {
      wireType: LENGTH_DELIMITED,
      merges: true,
      read(reader, depth, before) {
        fields ??= readersOf(messageType);
        return readFields(fields, reader, endOf(reader), depth + 1, (before as JsonObject | undefined) ?? {});
      },
      absent: () => ({}),
    };
  }

  return (messageType) => {
    const fields = readersOf(messageType);
    return (reader) => readFields(fields, reader, reader.len, 0, {});
  };
}

function readFields(
  fields: FieldReaders,
  reader: Reader,
  end: number,
  depth: number,
  object: JsonObject,
): JsonObject {
  if (depth > MAX_DEPTH) throw new Malformed('nested too deep');
  while (reader.pos < end) {
    const tag = reader.tag();
    const read = tag < fields.length ? fields[tag] : undefined;
    if (read === undefined) reader.skipType(tag & 7, depth, tag >>> 3);
    else read(reader, object, depth);
  }
  if (reader.pos !== end) throw new Malformed('a field runs past its message');
  return object;
}

/** Where the length-delimited value that the reader stands at ends. */
function endOf(reader: Reader): number {
  const length = reader.size();
  if (length > reader.len - reader.pos) throw new Malformed('a message runs past its parent');
  return reader.pos + length;
}

function readPresent(name: string, { merges, read }: ValueReader): ReadField {
  if (merges)
    return (reader, object, depth) => {
      object[name] = read(reader, depth, object[name]);
    };
  return (reader, object, depth) => {
    object[name] = read(reader, depth, undefined);
  };
}

/** A default value that was written all the same means the same as none. */
function readImplicit(name: string, { read, absent }: ValueReader): ReadField {
  const defaultValue = absent();
  return (reader, object, depth) => {
    const value = read(reader, depth, undefined);
    if (value !== defaultValue) object[name] = value;
    else if (name in object) delete object[name];
  };
}

/** The last member of a oneof wins. */
function readMember(read: ReadField, field: UcsField, siblings: readonly UcsField[]): ReadField {
  const others = new Set(
    siblings.filter(({ oneof, id }) => oneof === field.oneof && id !== field.id).map(({ name }) => name),
  );
  return (reader, object, depth) => {
    for (const present in object) if (others.has(present)) delete object[present];
    read(reader, object, depth);
  };
}

function readItem(name: string, { read }: ValueReader): ReadField {
  return (reader, object, depth) => {
    const list = object[name] as JsonValue[] | undefined;
    const item = read(reader, depth, undefined);
    if (list === undefined) object[name] = [item];
    else list.push(item);
  };
}

function readPacked(name: string, value: ValueReader): ReadField {
  const readOne = readItem(name, value);
  return (reader, object, depth) => {
    const end = endOf(reader);
    while (reader.pos < end) readOne(reader, object, depth);
    if (reader.pos !== end) throw new Malformed('an item runs past its list');
  };
}

function readMapEntry(name: string, { wireType, read, absent }: ValueReader): ReadField {
  const valueTag = (2 << 3) | wireType;
  return (reader, object, depth) => {
    const end = endOf(reader);
    let key = '';
    let value: JsonValue | undefined;
    while (reader.pos < end) {
      const tag = reader.tag();
      if (tag === KEY_TAG) key = TEXT.read(reader) as string;
      else if (tag === valueTag) value = read(reader, depth, value);
      else reader.skipType(tag & 7, depth, tag >>> 3);
    }
    if (reader.pos !== end) throw new Malformed('an entry runs past its map');
    object[name] ??= {};
    setKey(object[name] as JsonObject, key, value ?? absent());
  };
}

/** A message that is only a wrapped text: one that was written empty is the empty text. */
const TEXT_WRAPPER: ValueReader = {
  wireType: LENGTH_DELIMITED,
  merges: true,
  read: readWrappedText,
  absent: () => '',
};

function readWrappedText(reader: Reader, depth: number, before: JsonValue | undefined): string {
  const end = endOf(reader);
  let text = (before as string | undefined) ?? '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === TEXT_TAG) text = TEXT.read(reader) as string;
    else reader.skipType(tag & 7, depth, tag >>> 3);
  }
  if (reader.pos !== end) throw new Malformed('a text runs past its message');
  return text;
}
