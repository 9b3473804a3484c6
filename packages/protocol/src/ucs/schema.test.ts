import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { UCS_METHODS, UCS_SCHEMA, ucsEnum, ucsFields } from './schema.js';

/** The module itself, loaded: what it really has, to hold against what was read out of its text. */
const { types } = createRequire(import.meta.url)(
  'hyperswitch-prism/dist/src/payments/generated/proto.js',
) as { types: Record<string, unknown> };

type MessageClass = { encode: unknown; prototype: Record<string, unknown> };
type ServiceClass = { prototype: object };

const members = [...walk(types, '')];

describe('UCS schema', () => {
  it('has every message of the module, with every field', () => {
    const real = members.filter(([, member]) => typeof member === 'function' && 'encode' in member);
    expect(real.length).toBeGreaterThan(500);
    for (const [name, message] of real)
      expect([
        name,
        ucsFields(name)
          .map((field) => camel(field.name))
          .sort(),
      ]).toEqual([name, fieldsOf(message as MessageClass).sort()]);
  });

  it('has every enumeration of the module, with every value', () => {
    const real = members.filter(([, member]) => isEnum(member));
    expect(real.length).toBeGreaterThan(60);
    for (const [name, values] of real)
      expect([name, ucsEnum(name)]).toEqual([name, { ...(values as object) }]);
  });

  it('has every method of the module, under its gRPC path', () => {
    const real = members
      .filter(([, member]) => isService(member))
      .flatMap(([name, service]) => callsOf(name, service));
    expect(UCS_METHODS.map(({ path }) => path).sort()).toEqual(real.sort());
    for (const { requestType, responseType } of UCS_METHODS)
      expect([ucsFields(requestType), ucsFields(responseType)]).toHaveLength(2);
  });

  it('knows the messages that only wrap a text by their shape', () => {
    expect(UCS_SCHEMA.textWrappers).toContain('SecretString');
    expect(UCS_SCHEMA.textWrappers).toContain('CardNumberType');
    expect(UCS_SCHEMA.textWrappers).not.toContain('HtmlData');
  });

  it('gives each field the number that it has on the wire', () => {
    const numbers = Object.fromEntries(
      ucsFields('PaymentServiceAuthorizeRequest').map(({ name, id }) => [name, id]),
    );
    expect(numbers).toMatchObject({ amount: 2, enrolled_for_3ds: 10, test_mode: 30, l2_l3_data: 43 });
  });

  it('refuses a message or enumeration it does not have, inherited names too', () => {
    expect(() => ucsFields('Nonesuch')).toThrow('UCS has no message Nonesuch');
    expect(() => ucsFields('constructor')).toThrow('UCS has no message constructor');
    expect(() => ucsEnum('Nonesuch')).toThrow('UCS has no enumeration Nonesuch');
  });
});

function* walk(scope: object, path: string): Generator<[string, unknown]> {
  for (const [name, member] of Object.entries(scope)) {
    const isNamed = typeof member === 'object' || typeof member === 'function';
    if (!/^[A-Z]/.test(name) || member === null || !isNamed) continue;
    yield [path + name, member];
    if (!isEnum(member)) yield* walk(member, `${path}${name}.`);
  }
}

function isEnum(member: unknown): boolean {
  return (
    typeof member === 'object' && Object.values(member as object).every((value) => typeof value === 'number')
  );
}

function isService(member: unknown): boolean {
  return typeof member === 'function' && !('encode' in member);
}

/** Fields are values of the prototype, choices are getters. */
function fieldsOf({ prototype }: MessageClass): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, property]) => property.get === undefined && !['constructor', 'toJSON'].includes(name))
    .map(([name]) => name);
}

/** A method's function carries its real name, which its property does not. */
function callsOf(service: string, member: unknown): string[] {
  return Object.entries((member as ServiceClass).prototype)
    .filter(([name]) => name !== 'constructor')
    .map(([, call]) => `/types.${service}/${(call as () => void).name}`);
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
