/** Compares answers of the admin API with its OpenAPI document: status, media type, schema, and nothing besides. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Schema = Readonly<Record<string, unknown>>;
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
type Response = { readonly content: Content } | { readonly $ref: string };
export type OpenApiDocument = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>>
  >;
  readonly components: { readonly responses: Readonly<Record<string, { readonly content: Content }>> };
};

export type DocumentedAnswers = {
  /** What an answer has that the document does not say; empty when it is as documented. */
  faults(
    method: string,
    path: string,
    answer: { readonly status: number; readonly type: string; readonly body: unknown },
  ): readonly string[];
  /** `get /payments`: operations of which an answer with status 200 was compared. */
  readonly compared: ReadonlySet<string>;
};

export function documentedAnswers(document: OpenApiDocument): DocumentedAnswers {
  // Formats are only notes in JSON Schema 2020-12; those of the document stand beside patterns.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const compiled = new Map<string, ValidateFunction>();
  const compared = new Set<string>();
  const templates = Object.keys(document.paths).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    parameters: path.split('{').length,
  }));

  /** `/letters/retry` before `/letters/{name}`. */
  const templateOf = (path: string) =>
    templates
      .filter(({ pattern }) => pattern.test(path))
      .toSorted((one, other) => one.parameters - other.parameters)[0]?.path;

  function contentOf(response: Response): Content {
    if ('content' in response) return response.content;
    const name = response.$ref.split('/').at(-1) ?? '';
    return document.components.responses[name]?.content ?? {};
  }

  function validatorOf(name: string, schema: Schema): ValidateFunction {
    const validate = compiled.get(name) ?? ajv.compile(closed(schema) as Schema);
    compiled.set(name, validate);
    return validate;
  }

  return {
    compared,
    faults(method, path, { status, type, body }) {
      const template = templateOf(path.split('?')[0] ?? '') ?? '';
      const responses = document.paths[template]?.[method]?.responses;
      if (responses === undefined) return [`${method} ${path} is not documented`];
      const name = `${method} ${template}`;
      const content = contentOf(responses[status] ?? responses.default ?? { content: {} });
      const media = type.split(';')[0] ?? '';
      const schema = content[media]?.schema;
      if (schema === undefined)
        return [`${name} ${status} is ${media}, and documented as ${Object.keys(content)}`];
      if (status === 200) compared.add(name);
      if (!media.includes('json') || schema.type === 'string') return []; // streamed
      const validate = validatorOf(`${name} ${status === 200} ${media}`, schema);
      if (validate(body)) return [];
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${name} ${instancePath} ${message} ${JSON.stringify(params)}`,
      );
    },
  };
}

/** The schema, in which an object has what it names and nothing else, so that what is not documented shows. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in inner && !('additionalProperties' in inner)
    ? { ...inner, additionalProperties: false }
    : inner;
}
