import { describe, expect, it } from 'vitest';
import { statusNames } from './hyperswitch/status.js';
import { OPERATIONS, operationOfMethod, operationRow } from './operation-catalogue.js';
import { UCS_METHODS, ucsFieldNames } from './ucs/schema.js';

const SPECIFIED = ['authorize', 'capture', 'void', 'sync', 'refund', 'setup_mandate'];

describe('the operation catalogue', () => {
  it('has every operation of the specification, under its name', () => {
    for (const operation of SPECIFIED) expect(OPERATIONS.map((row) => row.operation)).toContain(operation);
  });

  it('answers every method of every UCS service but the composite ones', () => {
    const missing = UCS_METHODS.map(({ service, method }) => `${service}/${method}`)
      .filter((method) => !method.startsWith('Composite'))
      .filter((method) => operationOfMethod(method) === undefined);
    expect(missing).toEqual([]);
  });

  it('names no method, alias aside, that UCS does not have, and none twice', () => {
    const methods = OPERATIONS.flatMap((row) => row.methods);
    const known = new Set(UCS_METHODS.map(({ service, method }) => `${service}/${method}`));
    expect(methods.filter((method) => !known.has(method))).toEqual([]);
    expect(new Set(methods).size).toBe(methods.length);
  });

  it('speaks statuses that UCS has', () => {
    for (const { operation, statusKind, status } of OPERATIONS) {
      if (statusKind === 'none') continue;
      for (const name of Object.values(status).filter((value) => value !== 'by_capture_method'))
        expect(statusNames(statusKind), `${operation}: ${name}`).toContain(name);
    }
  });

  it('puts ids into fields that the responses have', () => {
    for (const { methods, idField } of OPERATIONS) {
      if (idField === undefined) continue;
      const responses = UCS_METHODS.filter(({ service, method }) => methods.includes(`${service}/${method}`));
      for (const { responseType } of responses)
        expect(ucsFieldNames(responseType), responseType).toContain(idField);
    }
  });

  it('never calls an operation failed that may still happen', () => {
    for (const { operation, status } of OPERATIONS) expect(status.unknown, operation).not.toMatch(/FAIL/);
  });

  it('asks without moving money, and every sync asks', () => {
    const questions = OPERATIONS.filter((row) => row.isQuestion);
    expect(questions.filter((row) => row.movesMoney)).toEqual([]);
    const syncs = OPERATIONS.filter(({ operation }) => /(^|_)sync$/.test(operation));
    expect(questions).toEqual(expect.arrayContaining(syncs));
  });

  it('knows where an error alone makes Hyperswitch record a failure: refunds, payouts, raised authorizations', () => {
    const named = OPERATIONS.filter((row) => row.errorMeansFailed).map((row) => row.operation);
    const expected = OPERATIONS.filter(
      ({ statusKind, movesMoney }) =>
        statusKind === 'refund' ||
        (movesMoney && (statusKind === 'payout' || statusKind === 'authorization')),
    ).map((row) => row.operation);
    expect(named).toEqual(expected);
  });

  it('finds methods by their older names', () => {
    expect(operationOfMethod('MerchantAuthenticationService/CreateAccessToken')).toBe(
      operationRow('access_token'),
    );
  });
});
