/** The UCS methods of the schema: those the catalogue answers, older names included, and those nobody does. */
import {
  OPERATIONS,
  type Operation,
  type OperationRow,
  operationOfMethod,
  UCS_METHODS,
} from '@nats-bridge/protocol';

type CataloguedRow = OperationRow & { readonly operation: Operation };

export type ServedMethod = {
  /** `Service/Method`, as the catalogue writes it. */
  readonly name: string;
  readonly row: CataloguedRow;
  readonly requestType: string;
  readonly responseType: string;
};

/** Every method that is answered. An alias has the types of its row's first method. */
export function servedMethods(): readonly ServedMethod[] {
  const served: ServedMethod[] = [];
  const typesOf = new Map<string, Pick<ServedMethod, 'requestType' | 'responseType'>>();
  for (const { service, method, requestType, responseType } of UCS_METHODS) {
    const name = `${service}/${method}`;
    const row = operationOfMethod(name);
    if (row === undefined) continue;
    typesOf.set(name, { requestType, responseType });
    served.push({ name, row, requestType, responseType });
  }
  for (const row of OPERATIONS) {
    const types = typesOf.get(row.methods[0] ?? '');
    if (types === undefined) continue;
    for (const name of row.aliases ?? []) served.push({ name, row, ...types });
  }
  return served;
}

/** Methods of the schema that no row of the catalogue answers (the composite services). */
export function refusedMethods(): readonly string[] {
  return UCS_METHODS.map(({ service, method }) => `${service}/${method}`).filter(
    (name) => operationOfMethod(name) === undefined,
  );
}

/** The gRPC path of a method. */
export function pathOf(name: string): string {
  return `/types.${name}`;
}
