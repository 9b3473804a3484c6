import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../operation-catalogue.js';
import { asyncApi } from './async-api.js';
import { jsonSchemas } from './json-schemas.js';

const built = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../generated/contract/${name}`, import.meta.url), 'utf8'));

describe('the contract’s documents', () => {
  it('are current: what was built is what the source says', () => {
    for (const [name, schema] of Object.entries(jsonSchemas())) expect(built(name), name).toEqual(schema);
    expect(built('asyncapi.json')).toEqual(asyncApi('0.1.0'));
  });

  it('are a valid AsyncAPI document, with a channel for each operation', async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApi('0.1.0')));
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    expect(document?.channels().all()).toHaveLength(OPERATIONS.length);
  });

  it('accept what the specification shows, and refuse what it does not', () => {
    const ajv = new Ajv2020({ strict: false });
    const [request, response] = ['request', 'response'].map((name) =>
      ajv.compile(built(`${name}.schema.json`)),
    );
    expect(
      response?.({
        status: 'success',
        transaction_id: 'txn_123',
        connector_response: {},
        correlation_id: 'c',
      }),
    ).toBe(true);
    expect(response?.({ status: 'done' })).toBe(false);
    expect(request?.({ operation: 'authorize' })).toBe(false);
  });
});
