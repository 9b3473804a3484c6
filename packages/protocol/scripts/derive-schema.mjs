/**
 * Derives the schema of the UCS protocol from the protobuf module that hyperswitch-prism ships, so that raising
 * its version raises ours. Module and declarations are read as text, each on its own; where the two do not say
 * the same, or something is not understood, that is an error and nothing is written.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDeclarations } from './read-declarations.mjs';
import { readModule } from './read-module.mjs';

const PACKAGE = 'types.';
/** The scalar types of proto3 and their wire types. */
const WIRE_TYPES = {
  ...{ int32: 0, int64: 0, uint32: 0, uint64: 0, sint32: 0, sint64: 0, bool: 0 },
  ...{ fixed64: 1, sfixed64: 1, double: 1, fixed32: 5, sfixed32: 5, float: 5 },
  ...{ string: 2, bytes: 2, message: 2 },
};
/** How pbts declares a scalar. */
const DECLARED = { string: 'string', bytes: 'Uint8Array', bool: 'boolean' };

const packageFile = createRequire(import.meta.url).resolve('hyperswitch-prism/package.json');
const generated = join(dirname(packageFile), 'dist/src/payments/generated');
const outputFile = join(dirname(fileURLToPath(import.meta.url)), '../generated/ucs.json');

const declared = read('proto.d.ts', readDeclarations);
const module = read('proto.js', readModule);
const enums = Object.fromEntries([...declared.enums].map(([name, values]) => [unqualified(name), values]));
const messages = Object.fromEntries(
  [...declared.messages].map(([name, types]) => [unqualified(name), fieldsOf(name, types)]),
);
if (module.messages.size !== declared.messages.size)
  throw new Error(`${module.messages.size} messages are written, ${declared.messages.size} declared`);
const schema = {
  source: `hyperswitch-prism ${JSON.parse(readFileSync(packageFile, 'utf8')).version}`,
  textWrappers: Object.keys(messages).filter(isTextWrapper),
  methods: methods(),
  enums,
  messages,
};
const text = print(schema);
if (!existsSync(outputFile) || readFileSync(outputFile, 'utf8') !== text) {
  mkdirSync(dirname(outputFile), { recursive: true });
  writeFileSync(outputFile, text);
}

function read(name, parse) {
  const file = join(generated, name);
  try {
    return parse(readFileSync(file, 'utf8').split('\n'));
  } catch (cause) {
    throw new Error(`${file}: ${cause.message}`, { cause });
  }
}

function fieldsOf(messageName, types) {
  const written = module.messages.get(messageName);
  if (written === undefined) throw new Error(`${messageName} is declared but never written`);
  const fields = written.fields.map((field) =>
    finish(messageName, field, types.get(field.camelName), written),
  );
  const missing = [...types.keys()].filter(
    (name) => !written.fields.some((field) => field.camelName === name),
  );
  if (missing.length > 0) throw new Error(`${messageName}: declared but never written: ${missing}`);
  return fields.sort((a, b) => a.id - b.id);
}

/** Joins what the declaration and the code say about a field. */
function finish(messageName, { camelName, wireType, id, ...shape }, declaredAs, { withPresence, oneofs }) {
  const fail = (problem) => {
    throw new Error(`${messageName}.${camelName}: ${problem}`);
  };
  if (declaredAs === undefined) fail('is written but not declared');
  if (!withPresence.has(camelName)) fail('has no default value');
  const { type, repeated, packed, map } = shape;
  if (!(type in WIRE_TYPES)) fail(`has the unknown type ${type}`);
  if (Number(wireType) !== (packed || map ? 2 : WIRE_TYPES[type]))
    fail(`is a ${type} of wire type ${wireType}`);
  if (map !== undefined && map !== 'string') fail(`is a map by ${map}, which has no form in JSON yet`);

  const one = map ? /^\{ \[k: string\]: (.+) \}$/.exec(declaredAs)?.[1] : declaredAs.replace(/\[\]$/, '');
  if (declaredAs.endsWith('[]') !== Boolean(repeated) || one === undefined)
    fail(`is declared as ${declaredAs}`);
  const field = { id: Number(id), name: snake(camelName, fail), ...shape };
  const named = unqualified(one);
  if (type === 'message') {
    field.of = named.replace(/(^|\.)I(\w+)$/, '$1$2'); // interfaces are called I…
    if (!declared.messages.has(qualified(field.of))) fail(`no message ${field.of}`);
  } else if (type === 'int32' && declared.enums.has(qualified(named))) {
    Object.assign(field, { type: 'enum', of: named });
  } else if ((DECLARED[type] ?? 'number') !== one.replace(/\|Long$/, ''))
    fail(`${type} is declared as ${one}`);
  if (!repeated && !map && !withPresence.get(camelName)) field.implicit = true;
  if (oneofs.has(camelName)) field.oneof = snake(oneofs.get(camelName), fail);
  return field;
}

/** Only our package's: the module has the standard health service too, which gRPC servers bring themselves. */
function methods() {
  const promised = [...declared.services].flatMap(([service, calls]) =>
    calls.map(([requestType, responseType]) => `${service} ${requestType} ${responseType}`),
  );
  const written = module.calls.map((call) => `${call.service} ${call.requestType} ${call.responseType}`);
  if (promised.sort().join() !== written.sort().join()) throw new Error('calls are not those declared');
  return module.calls
    .filter(({ service }) => service.startsWith(PACKAGE))
    .map(({ service, method, requestType, responseType }) => ({
      service: unqualified(service),
      method,
      path: `/${service}/${method}`,
      requestType: unqualified(requestType),
      responseType: unqualified(responseType),
    }));
}

/** A message that only wraps a text so that it is not logged: SecretString, CardNumberType … */
function isTextWrapper(name) {
  const [only, ...others] = messages[name];
  const isText = only?.name === 'value' && only.type === 'string' && !only.repeated && !only.map;
  return isText && others.length === 0 && only.implicit === true && only.id === 1;
}

/** pbjs made `enrolledFor_3ds` of `enrolled_for_3ds`; this goes back. */
function snake(name, fail) {
  const snaked = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const camel = snaked.replace(/(?<!^)_([a-z])/g, (_, letter) => letter.toUpperCase());
  if (snaked in Object.prototype) fail('has a name that every JavaScript object has');
  return camel === name ? snaked : fail(`its name in the protocol cannot be told (${snaked}?)`);
}

function unqualified(name) {
  return name.startsWith(PACKAGE) ? name.slice(PACKAGE.length) : name;
}

function qualified(name) {
  return declared.messages.has(name) || declared.enums.has(name) ? name : PACKAGE + name;
}

/** JSON with a line for each method, enumeration and field. */
function print({ source, textWrappers, methods, enums, messages }) {
  const line = (value) => JSON.stringify(value);
  const entries = (object, printValue) =>
    Object.entries(object).map(([name, value]) => `  ${line(name)}: ${printValue(value)}`);
  const fields = (list) => (list.length === 0 ? '[]' : `[\n   ${list.map(line).join(',\n   ')}\n  ]`);
  return `{
 "source": ${line(source)},
 "textWrappers": ${line(textWrappers)},
 "methods": [
  ${methods.map(line).join(',\n  ')}
 ],
 "enums": {
${entries(enums, line).join(',\n')}
 },
 "messages": {
${entries(messages, fields).join(',\n')}
 }
}
`;
}
