/** A method for each operation of the catalogue: `authorize`, `setupMandate`, `refundSync` … */
import {
  checkRouterData,
  OPERATIONS,
  type Operation,
  type Outcome,
  type RouterData,
} from '@nats-bridge/protocol';
import type { CallOptions } from './call/exchange-of.js';

/** @throws ValidationError when the data can never be sent; nothing was. What else becomes of it is an outcome. */
type Execute = (data: RouterData, options?: CallOptions) => Promise<Outcome>;

export type OperationMethods = { [O in Operation as CamelCase<O>]: Execute };

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type Executing = {
  execute(operation: Operation, data: RouterData, options?: CallOptions): Promise<Outcome>;
};

/** They look at the data before they execute the operation. */
export function defineOperationMethods(prototype: Executing): void {
  for (const { operation } of OPERATIONS) {
    const name = operation.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    Object.defineProperty(prototype, name, {
      async value(this: Executing, data: RouterData, options?: CallOptions) {
        checkRouterData(operation, data);
        return this.execute(operation, data, options);
      },
    });
  }
}
