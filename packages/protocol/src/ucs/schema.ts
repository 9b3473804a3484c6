/** The UCS protocol as data: messages, enumerations and methods, derived at build time from hyperswitch-prism. */
import { readFileSync } from 'node:fs';

/** The scalar types of proto3. */
export type UcsScalarType =
  | 'string'
  | 'bytes'
  | 'bool'
  | 'double'
  | 'float'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'fixed32'
  | 'sfixed32'
  | 'int64'
  | 'uint64'
  | 'sint64'
  | 'fixed64'
  | 'sfixed64';

export type UcsField = {
  readonly id: number;
  /** snake_case, as in the protocol's definition. */
  readonly name: string;
  readonly type: 'message' | 'enum' | UcsScalarType;
  /** The message or enumeration, where the type is one. */
  readonly of?: string;
  readonly repeated?: true;
  readonly packed?: true;
  /** The key's type, where the field is a map. */
  readonly map?: 'string';
  /** Without presence: the default value is not written. */
  readonly implicit?: true;
  readonly oneof?: string;
};

export type UcsMethod = {
  readonly service: string;
  readonly method: string;
  /** The gRPC path, `/types.PaymentService/Authorize`. */
  readonly path: string;
  readonly requestType: string;
  readonly responseType: string;
};

export type UcsSchema = {
  /** Package and version it was derived from. */
  readonly source: string;
  /**
   * Messages that only wrap a text so that it is not logged (SecretString, CardNumberType …), recognised by their
   * shape: one text named `value`. In JSON they are that text.
   */
  readonly textWrappers: readonly string[];
  readonly methods: readonly UcsMethod[];
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly messages: Readonly<Record<string, readonly UcsField[]>>;
};

/** The schema this build was made with; the file lies beside `src` and `dist` alike. */
export const UCS_SCHEMA = JSON.parse(
  readFileSync(new URL('../../generated/ucs.json', import.meta.url), 'utf8'),
) as UcsSchema;

/** Which release the protocol was derived from, for `doctor` and bug reports. */
export const UCS_SOURCE = UCS_SCHEMA.source;

/** Every method of every service. */
export const UCS_METHODS = UCS_SCHEMA.methods;

/** The fields of a message, by ascending number. @throws Error when there is no such message. */
export function ucsFields(messageType: string, schema: UcsSchema = UCS_SCHEMA): readonly UcsField[] {
  return entryOf(schema.messages, messageType, 'message', schema);
}

const namesByType = new Map<string, ReadonlySet<string>>();

/** The names of a message's fields. @throws Error when there is no such message. */
export function ucsFieldNames(messageType: string): ReadonlySet<string> {
  let names = namesByType.get(messageType);
  if (names === undefined) {
    names = new Set(ucsFields(messageType).map(({ name }) => name));
    namesByType.set(messageType, names);
  }
  return names;
}

/** The values of an enumeration by name. @throws Error when there is no such enumeration. */
export function ucsEnum(name: string, schema: UcsSchema = UCS_SCHEMA): Readonly<Record<string, number>> {
  return entryOf(schema.enums, name, 'enumeration', schema);
}

/** Whether a message is plain text in JSON, see {@link UcsSchema.textWrappers}. */
export function isTextWrapper(messageType: string, schema: UcsSchema = UCS_SCHEMA): boolean {
  return schema.textWrappers.includes(messageType);
}

function entryOf<Entry>(
  entries: Readonly<Record<string, Entry>>,
  name: string,
  kind: string,
  schema: UcsSchema,
): Entry {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry === undefined) throw new Error(`UCS has no ${kind} ${name} (${schema.source})`);
  return entry;
}
