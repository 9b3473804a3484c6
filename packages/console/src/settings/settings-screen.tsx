/** How this gateway is configured, secrets left out, and what an acknowledged request survives. */
import type { Settings } from '../api/types.js';
import { useResource } from '../api/use-resource.js';
import { useSession } from '../console-context.js';
import { DefinitionList } from '../parts/definition-list.js';
import { JsonView } from '../parts/json-view.js';
import { Loaded } from '../parts/loaded.js';
import { Panel } from '../parts/panel.js';

/** What may end or be lost. */
const SURVIVED: Readonly<Record<string, string>> = {
  nothing: 'nothing',
  process: 'the end of a server’s process',
  os_crash: 'a crash of the operating system',
  node: 'the loss of a server',
};

export function SettingsScreen() {
  const { api, who, role } = useSession();
  const resource = useResource<Settings>('settings', (signal) => api.get('/settings', {}, signal));
  return (
    <>
      <h1>Settings</h1>
      <Loaded resource={resource} what="settings" lines={12}>
        {({ version, durability, configuration }) => (
          <>
            <Panel title="This gateway">
              <DefinitionList
                pairs={[
                  ['Version', version],
                  ['You', `${who}, ${role}`],
                  [
                    'An acknowledged request survives',
                    durability
                      ? `${SURVIVED[durability.survives] ?? durability.survives} (${durability.because})`
                      : 'not known',
                  ],
                ]}
              />
            </Panel>
            <Panel title="Configuration" note="with every default; secrets are hidden">
              <JsonView value={configuration} label="The configuration as JSON" />
            </Panel>
          </>
        )}
      </Loaded>
    </>
  );
}
