/** Reads pbts' declarations (`proto.d.ts`): which type every field has, the enumerations and the services. */

const CLASS_MEMBER = /^(?:constructor|(?:public |public static )\w+\??)[(:].*;$/;
const CALL = /^public \w+\(request: (\S+)\): Promise<(\S+)>;$/;

/**
 * Every line has to be understood, or it is an error that names it.
 *
 * @param {string[]} lines
 * @returns full name → field → declared type; full name → value → number; service → [request, response][]
 */
export function readDeclarations(lines) {
  const found = { messages: new Map(), enums: new Map(), services: new Map() };
  const scopes = [];
  let isComment = false;
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (isComment || text.startsWith('/*')) {
      isComment = !text.endsWith('*/');
      continue;
    }
    if (text === '' || (scopes.length === 0 && text.startsWith('import '))) continue;
    if (!readLine(text, scopes, found)) throw new Error(`line ${index + 1} is not understood: ${text}`);
  }
  if (scopes.length > 0) throw new Error(`ends inside ${scopes.at(-1).name}`);
  return found;
}

function readLine(text, scopes, { messages, enums, services }) {
  if (text === '}') return scopes.pop() !== undefined;
  const scope = scopes.at(-1) ?? { kind: 'namespace', name: '' };
  const open = (kind, name, members) => {
    const fullName = scope.name === '' ? name : `${scope.name}.${name}`;
    scopes.push({ kind, name: fullName, members });
    return fullName;
  };

  let match;
  switch (scope.kind) {
    case 'namespace': {
      match = /^(?:export )?namespace (\w+) \{$/.exec(text);
      if (match) return Boolean(open('namespace', match[1]));
      match = /^interface I(\w+) \{$/.exec(text);
      if (match) return add(messages, open, 'interface', match[1], new Map());
      match = /^enum (\w+) \{$/.exec(text);
      if (match) return add(enums, open, 'enum', match[1], {});
      match = /^class (\w+) extends \$protobuf\.rpc\.Service \{$/.exec(text);
      if (match) return add(services, open, 'service', match[1], []);
      match = /^class (\w+) implements \S+ \{$/.exec(text);
      if (match) return Boolean(open('class', match[1]));
      return /^type \w+Callback = .*;$/.test(text);
    }
    case 'interface':
      match = /^(\w+)\?: \((.+)\|null\);$/.exec(text);
      if (match) scope.members.set(match[1], match[2]);
      return match !== null;
    case 'enum':
      match = /^(\w+) = (-?\d+),?$/.exec(text);
      if (match) scope.members[match[1]] = Number(match[2]);
      return match !== null;
    case 'service':
      match = CALL.exec(text);
      if (match) scope.members.push([match[1].replace(/(^|\.)I(\w+)$/, '$1$2'), match[2]]);
      return match !== null || CLASS_MEMBER.test(text);
    default: // a message's class, which repeats its interface
      return CLASS_MEMBER.test(text);
  }
}

function add(found, open, kind, name, members) {
  found.set(open(kind, name, members), members);
  return true;
}
