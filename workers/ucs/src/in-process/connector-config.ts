/** The connector and its credentials as Prism's core takes them, from the metadata that Hyperswitch sends. */
import { encodeUcs, UcsEncodeError, ucsFieldNames, ValidationError } from '@nats-bridge/protocol';

export type PrismEnvironment = 'sandbox' | 'production';

/**
 * Bytes of an `FfiOptions`.
 *
 * @param metadata of a UCS call; `x-connector-config` is `{"config":{"Stripe":{…}}}`, absent on what has no
 *   credentials
 * @throws ValidationError that names what is missing; never a credential
 */
export function prismOptions(
  metadata: Readonly<Record<string, string>>,
  environment: PrismEnvironment,
): Uint8Array {
  const connector_config = connectorConfig(metadata);
  try {
    return encodeUcs('FfiOptions', { environment: environment.toUpperCase(), connector_config });
  } catch (error) {
    if (!(error instanceof UcsEncodeError)) throw error;
    throw new ValidationError(`metadata x-connector-config is not what Prism takes: ${error.message}`);
  }
}

function connectorConfig(metadata: Readonly<Record<string, string>>): Record<string, unknown> {
  const sent = metadata['x-connector-config'];
  if (sent !== undefined) {
    const said = JSON.parse(sent) as { config?: Record<string, unknown> } | null;
    const [[name, credentials] = []] = Object.entries(said?.config ?? {});
    if (name === undefined)
      throw new ValidationError('metadata x-connector-config has no {"config": {"<Connector>": {…}}}');
    return { [fieldOf(name)]: credentials };
  }
  // Reading a webhook needs none, and Hyperswitch sends none with it.
  const connector =
    metadata['x-connector'] ?? metadata['x-payout-connector'] ?? metadata['x-surcharge-connector'] ?? '';
  if (metadata['x-auth'] === 'NoKey') return { [fieldOf(connector)]: {} };
  throw new ValidationError(
    "metadata x-connector-config is missing: Prism's core takes credentials by their own names, which Hyperswitch sends since 2026-03-31",
  );
}

/** `Authorizedotnet` and `authorizedotnet` are one field. @throws ValidationError */
function fieldOf(connector: string): string {
  const plain = (name: string) => name.replaceAll('_', '').toLowerCase();
  for (const field of ucsFieldNames('ConnectorSpecificConfig'))
    if (plain(field) === plain(connector)) return field;
  throw new ValidationError(`Prism 0.4.0 has no connector ${connector.slice(0, 40)}`);
}
