/** A stored message: masked, and whole for an admin who says why. */
import { useState } from 'preact/hooks';
import type { StoredMessage } from '../api/types.js';
import { apiErrorOf } from '../api/use-resource.js';
import { useConsole, useSession } from '../console-context.js';
import { Button } from '../parts/button.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Dialog } from '../parts/dialog.js';
import { JsonView } from '../parts/json-view.js';
import { ReasonField } from '../parts/reason-field.js';
import { TimeText } from '../parts/time-text.js';
import { mayAct } from '../session/session.js';

export type MessageDialogProps = {
  readonly message: StoredMessage;
  readonly onRaw: (message: StoredMessage) => void;
  readonly onClose: () => void;
};

export function MessageDialog({ message, onRaw, onClose }: MessageDialogProps) {
  const { notices } = useConsole();
  const { api, role } = useSession();
  const [reason, setReason] = useState('');
  const { stream, seq, subject, at, body } = message;

  const showWhole = () => {
    api
      .get<StoredMessage>(`/messages/${encodeURIComponent(stream)}/${seq}`, { raw: true, reason })
      .then(onRaw)
      .catch((fault: unknown) => notices.say('bad', apiErrorOf(fault).message));
  };
  return (
    <Dialog title={`${stream} ${seq}`} onClose={onClose}>
      <DefinitionList
        pairs={[
          ['Subject', <span class="id">{subject}</span>],
          ['Stored', <TimeText at={at} />],
        ]}
      />
      {body === null ? <p>It has no body.</p> : <JsonView value={body} label="Body of the message" />}
      {mayAct(role, 'admin') && body !== null && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            showWhole();
          }}
        >
          <ReasonField label="To see it unmasked, say why" value={reason} onChange={setReason} />
          <div class="dialog-foot">
            <Button type="submit" kind="danger" icon="eye" disabled={reason.trim() === ''}>
              Show unmasked
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
