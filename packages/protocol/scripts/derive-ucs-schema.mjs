/**
 * Derives the schema of the UCS protocol from the protobuf module that hyperswitch-prism ships, so that raising
 * its version raises ours. The module is read as text, line by line; what is not understood is an error.
 *
 * Fields come from two places that have to agree: the typed `@property` lines of a message's documentation say
 * which enumeration or message a field has, its `encode` says number and wire type.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageFile = createRequire(import.meta.url).resolve('hyperswitch-prism/package.json');
const moduleFile = join(dirname(packageFile), 'dist/src/payments/generated/proto.js');
const outputFile = join(dirname(fileURLToPath(import.meta.url)), '../generated/ucs-schema.json');

const schema = derive(readFileSync(moduleFile, 'utf8').split('\n'));
schema.source = `hyperswitch-prism ${JSON.parse(readFileSync(packageFile, 'utf8')).version}`;
const text = `${JSON.stringify(schema, null, 1)}\n`;
if (!existsSync(outputFile) || readFileSync(outputFile, 'utf8') !== text) {
  mkdirSync(dirname(outputFile), { recursive: true });
  writeFileSync(outputFile, text);
}

function derive(lines) {
  const messages = {};
  const enums = {};
  const methods = [];
  let memberOf; // the namespace that the documentation names
  let message; // the message whose code the current line belongs to
  let oneof;
  let enumeration;
  let method;
  let encoding; // the field that an `encode` function is at; false outside of one

  /** What a line can be, and what it adds. The first that matches counts. */
  const rules = [
    [
      /^ +\* @memberof (\S+)$/,
      ([, name]) => {
        memberOf = name;
      },
    ],
    [
      /^ +\* @interface I(\w+)$/,
      ([, name]) => {
        message = { types: new Map(), presence: new Map(), fields: new Map(), oneofs: new Map() };
        messages[unqualified(`${memberOf}.${name}`)] = message;
      },
    ],
    [/^ +\* @property \{(.+?)\|null\} \[(\w+)\]/, ([, type, field]) => message.types.set(field, type)],
    [
      /^ +\w+\.prototype\.(\w+) = (?!function)(.+);$/,
      ([, field, value]) => message.presence.set(field, value === 'null'),
    ],
    [
      /Object\.defineProperty\(\w+\.prototype, "(\w+)", \{$/,
      ([, name]) => {
        oneof = name;
      },
    ],
    [
      /\$oneOfFields = (\[.+\])\)/,
      ([, fields]) => {
        // A name that begins with _ is proto3's `optional`, not a choice.
        if (!oneof.startsWith('_'))
          for (const field of JSON.parse(fields)) message.oneofs.set(field, snake(oneof));
      },
    ],
    [
      /\.encode = function encode\(message, writer\) \{$/,
      () => {
        encoding = {};
      },
    ],
    [
      /^ +\* @name (\S+)$/,
      ([, name]) => {
        enumeration = unqualified(name);
      },
    ],
    [
      /values\[(?:valuesById\[(-?\d+)\] = )?"(\w+)"\] = (-?\d+);$/,
      ([, , value, number]) => {
        enums[enumeration] ??= {};
        enums[enumeration][value] = Number(number);
      },
    ],
    [
      /Object\.defineProperty\((\w+)\.prototype.* = function \w+\(request, callback\) \{$/,
      ([, service]) => {
        method = { service };
      },
    ],
    [
      /this\.rpcCall\(\w+, \$root\.types\.(\S+), \$root\.types\.(\S+), request/,
      ([, request, response]) => Object.assign(method, { requestType: request, responseType: response }),
    ],
    [
      /^ +\}, "name", \{ value: "(\w+)" \}\);$/,
      ([, name]) => {
        const { service, requestType, responseType } = method;
        // Without types it is another package's: the standard health service.
        if (requestType !== undefined) methods.push({ service, method: name, requestType, responseType });
      },
    ],
  ];

  for (const [index, line] of lines.entries()) {
    try {
      if (encoding) encoding = readEncodeLine(line.trim(), encoding, message);
      else
        for (const [pattern, add] of rules) {
          const match = pattern.exec(line);
          if (match === null) continue;
          add(match);
          break;
        }
    } catch (cause) {
      throw new Error(`${moduleFile}:${index + 1}: ${cause.message}: ${line.trim()}`, { cause });
    }
  }
  const finished = Object.entries(messages).map(([name, entry]) => [
    name,
    finish(name, entry, enums, messages),
  ]);
  return { messages: Object.fromEntries(finished), enums, methods };
}

/** One line of an `encode` function announces a field or writes it; gives what the next line has to know. */
function readEncodeLine(text, at, message) {
  if (text === 'return writer;') return false;
  if (/^(if \(!writer\)|writer = |\}|writer\.ldelim\(\);|for \(var i = 0;)/.test(text)) return at;
  const announced = /^if \(message\.(\w+) != null/.exec(text);
  if (announced) return { name: announced[1] };
  if (text.startsWith('for (var keys')) return { ...at, isMap: true };

  const id = at.packedId ?? Number(/\/\* id (\d+), wireType/.exec(text)?.[1]);
  const isRepeated = text.includes(`message.${at.name}[i]`);
  const add = (field) => {
    // A map of messages is written in two lines, of which the first is enough.
    if (!message.fields.has(at.name)) message.fields.set(at.name, { id, ...field });
    return at;
  };
  if (at.isMap) {
    const entry = /\.fork\(\)\.uint32\(.*?\)\.(\w+)\(keys\[i\]\)(?:\.uint32\(.*?\)\.(\w+)\(message)?/.exec(
      text,
    );
    if (entry === null && !text.includes('.encode(message')) throw new Error('not a map entry');
    return entry === null ? at : add({ type: entry[2] ?? 'message', map: entry[1] });
  }
  if (/wireType 2 =\*\/\d+\)\.fork\(\);$/.test(text)) return { ...at, packedId: id };
  if (text.includes('.encode(message'))
    return add({ type: 'message', ...(isRepeated && { repeated: true }) });
  const scalar = /\.(\w+)\(message\.\w+(?:\[i\])?\);$/.exec(text);
  if (scalar === null) throw new Error('an unknown kind of write');
  return add({
    type: scalar[1],
    ...(isRepeated && { repeated: true }),
    ...(at.packedId && { packed: true }),
  });
}

/** Joins what the documentation and the code of a message say about its fields. */
function finish(messageName, message, enums, messages) {
  const finished = [...message.fields].map(([camelName, { id, type, ...shape }]) => {
    const where = `${messageName}.${camelName}`;
    const declared = message.types.get(camelName);
    if (declared === undefined) throw new Error(`${where} has no declared type`);
    const named = unqualified(
      declared.replace(/^Object\.<string,\s*(.+)>$/, '$1').replace(/^Array\.<(.+)>$/, '$1'),
    );
    const field = { id, name: snake(camelName), type, ...shape };
    if (type === 'message') {
      field.of = named.replace(/(^|\.)I(\w+)$/, '$1$2'); // interfaces are called I…
      if (!(field.of in messages)) throw new Error(`${where}: no message ${field.of}`);
    } else if (type === 'int32' && named !== 'number') {
      if (!(named in enums)) throw new Error(`${where}: no enumeration ${named}`);
      Object.assign(field, { type: 'enum', of: named });
    }
    if (!shape.repeated && !shape.map && !message.presence.get(camelName)) field.implicit = true;
    if (message.oneofs.has(camelName)) field.oneof = message.oneofs.get(camelName);
    return field;
  });
  return finished.sort((a, b) => a.id - b.id);
}

/** pbjs made `enrolledFor_3ds` of `enrolled_for_3ds`; this goes back. */
function snake(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function unqualified(name) {
  return name.replace(/^types\./, '');
}
