/** The UCS protocol as data: messages, enumerations and methods, derived at build time from hyperswitch-prism. */
import { readFileSync } from 'node:fs';

export type UcsField = {
  readonly id: number;
  /** snake_case, as in the protocol's definition. */
  readonly name: string;
  readonly type:
    | 'message'
    | 'enum'
    | 'string'
    | 'bytes'
    | 'bool'
    | 'double'
    | 'int32'
    | 'uint32'
    | 'int64'
    | 'uint64';
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
  readonly requestType: string;
  readonly responseType: string;
};

type UcsSchema = {
  readonly source: string;
  readonly messages: Readonly<Record<string, readonly UcsField[]>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly methods: readonly UcsMethod[];
};

const schema = JSON.parse(
  readFileSync(new URL('../../generated/ucs.json', import.meta.url), 'utf8'),
) as UcsSchema;

/** Which release the protocol was derived from, for `doctor` and bug reports. */
export const UCS_SOURCE = schema.source;

/** Every method of every service; its gRPC path is `/types.{service}/{method}`. */
export const UCS_METHODS = schema.methods;

/** The fields of a message, by ascending number. @throws Error when there is no such message. */
export function ucsFields(messageType: string): readonly UcsField[] {
  const fields = schema.messages[messageType];
  if (fields === undefined) throw new Error(`UCS has no message ${messageType} (${UCS_SOURCE})`);
  return fields;
}

const namesByType = new Map<string, ReadonlySet<string>>();

export function ucsFieldNames(messageType: string): ReadonlySet<string> {
  let names = namesByType.get(messageType);
  if (names === undefined) {
    names = new Set(ucsFields(messageType).map(({ name }) => name));
    namesByType.set(messageType, names);
  }
  return names;
}

/** The values of an enumeration by name. @throws Error when there is no such enumeration. */
export function ucsEnum(name: string): Readonly<Record<string, number>> {
  const values = schema.enums[name];
  if (values === undefined) throw new Error(`UCS has no enumeration ${name} (${UCS_SOURCE})`);
  return values;
}

/**
 * Messages that only wrap a text so that it is not logged (SecretString, CardNumberType …): recognised by their
 * shape, one text named `value`. In JSON they are that text.
 */
export function isTextWrapper(messageType: string): boolean {
  const [only, ...others] = ucsFields(messageType);
  return (
    others.length === 0 &&
    only?.name === 'value' &&
    only.type === 'string' &&
    only.implicit === true &&
    !only.repeated
  );
}
