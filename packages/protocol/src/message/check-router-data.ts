/** Refuses what a program hands over that can never be a request, before anything is sent. */
import { z } from 'zod';
import { ValidationError } from '../bridge-error.js';
import { ucsMethodsOf } from '../hyperswitch/ucs-request.js';
import { type Operation, operationRow } from '../operation-catalogue.js';
import { ucsEnum, ucsFields } from '../ucs/schema.js';
import { describeIssues } from '../zod-issues.js';
import { type RouterData, routerDataSchema } from './router-data.js';

/** Made a function of its own: half the time. */
const compiledSchema = z.compile(routerDataSchema);
const MONEY = 'Money';
/** They say how much themselves; others may leave it to what was authorized. */
const NAMES_AMOUNT: ReadonlySet<Operation> = new Set(['authorize', 'charge']);

/**
 * Looks at ids, credentials and amounts; what else the request holds is between caller and worker.
 *
 * @throws ValidationError that names the fields at fault, never their values
 */
export function checkRouterData(operation: Operation, data: unknown): asserts data is RouterData {
  const parsed = compiledSchema.safeParse(data);
  if (!parsed.success)
    throw new ValidationError(`not the data of ${operation}: ${describeIssues(parsed.error)}`);
  const { request } = parsed.data;
  for (const name of moneyFieldsOf(operation)) {
    const money = request[name];
    const isLeftOut = money === undefined || money === null;
    if (isLeftOut && !(name === 'amount' && NAMES_AMOUNT.has(operation))) continue;
    if (!isMoney(money))
      throw new ValidationError(
        `not the data of ${operation}: request.${name} must be { minor_amount, currency }, with a whole number of the currency's minor unit, 0 or more, and an ISO 4217 code in capitals`,
      );
  }
}

function isMoney(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { minor_amount, currency } = value as { minor_amount?: unknown; currency?: unknown };
  const isAmount = Number.isSafeInteger(minor_amount) && (minor_amount as number) >= 0;
  return isAmount && typeof currency === 'string' && isCurrency(currency);
}

/** Whether it is a code of ISO 4217, in capitals, that the protocol knows. */
export function isCurrency(code: string): boolean {
  return /^[A-Z]{3}$/.test(code) && Object.hasOwn(ucsEnum('Currency'), code);
}

const moneyFields = new Map<Operation, readonly string[]>();

/** Of the requests of its UCS methods. */
function moneyFieldsOf(operation: Operation): readonly string[] {
  let fields = moneyFields.get(operation);
  if (fields === undefined) {
    const all = ucsMethodsOf(operationRow(operation)).flatMap(({ requestType }) => ucsFields(requestType));
    const names = all.filter(({ of }) => of === MONEY).map(({ name }) => name);
    fields = [...new Set(names)];
    moneyFields.set(operation, fields);
  }
  return fields;
}
