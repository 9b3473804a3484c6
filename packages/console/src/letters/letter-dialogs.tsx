/** Orders about one letter, each with a reason. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Done } from '../api/types.js';
import { apiErrorOf } from '../api/use-resource.js';
import { useConsole, useSession } from '../console-context.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { AreaField, ChoiceField, TextField } from '../parts/field.js';
import { ReasonField } from '../parts/reason-field.js';

export type LetterDialogProps = {
  readonly name: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
};

export function ResolveDialog({ name, ...ends }: LetterDialogProps) {
  const [status, setStatus] = useState('success');
  const [id, setId] = useState('');
  const [code, setCode] = useState('');
  return (
    <OrderDialog
      title={`Resolve letter ${name}`}
      word="Record it"
      path={`/letters/${name}/resolve`}
      said={`${name} is recorded as ${status}`}
      isReady={status === 'failure' || id !== ''}
      body={{ status, ...(id !== '' && { transaction_id: id }), ...(code !== '' && { code }) }}
      {...ends}
    >
      <p>
        Ask the processor under the idempotency key first. The next sync of the payment gives what you record
        here.
      </p>
      <ChoiceField
        label="What the processor says"
        value={status}
        choices={[
          { value: 'success', text: 'It was carried out' },
          { value: 'failure', text: 'It was not' },
        ]}
        onChange={setStatus}
      />
      <TextField label="The processor’s id" value={id} onChange={setId} required={status === 'success'} />
      {status === 'failure' && (
        <TextField label="Error code, as Hyperswitch shall show it" value={code} onChange={setCode} />
      )}
    </OrderDialog>
  );
}

export function EditDialog({ name, ...ends }: LetterDialogProps) {
  const [patch, setPatch] = useState('{\n  \n}');
  const parsed = parseObject(patch);
  return (
    <OrderDialog
      title={`Edit letter ${name}, and send it`}
      word="Send it mended"
      path={`/letters/${name}/edit`}
      said={`${name} was mended and sent again`}
      isReady={parsed !== undefined}
      body={{ patch: parsed }}
      {...ends}
    >
      <AreaField
        label="JSON merge patch of router_data.request"
        value={patch}
        onChange={setPatch}
        rows={8}
        isCode
        hint={
          parsed === undefined ? 'This is no JSON object yet.' : 'Ids, merchant and key stay as they are.'
        }
      />
    </OrderDialog>
  );
}

export function DiscardDialog({ name, ...ends }: LetterDialogProps) {
  return (
    <OrderDialog
      title={`Discard letter ${name}`}
      word="Discard it"
      isDanger
      path="/letters/discard"
      said={`${name} was discarded`}
      isReady
      body={{ names: [name] }}
      {...ends}
    >
      <p>It leaves the list, and is not sent again. The archive and the audit still have it.</p>
    </OrderDialog>
  );
}

type OrderDialogProps = Omit<LetterDialogProps, 'name'> & {
  readonly title: string;
  readonly word: string;
  readonly path: string;
  readonly said: string;
  readonly body: object;
  readonly isReady: boolean;
  readonly isDanger?: boolean;
  readonly children: ComponentChildren;
};

function OrderDialog({
  title,
  word,
  path,
  said,
  body,
  isReady,
  isDanger,
  children,
  onClose,
  onDone,
}: OrderDialogProps) {
  const { notices } = useConsole();
  const { api } = useSession();
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const order = async () => {
    setBusy(true);
    try {
      const { proposed } = await api.post<Done>(path, { ...body, reason });
      notices.say(
        'good',
        proposed === undefined
          ? said
          : `it waits for a second person, as ${proposed.map(({ id }) => id).join(', ')}`,
      );
      onDone();
    } catch (fault) {
      notices.say('bad', apiErrorOf(fault).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void order();
        }}
      >
        {children}
        <ReasonField value={reason} onChange={setReason} />
        <div class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind={isDanger ? 'danger' : 'main'}
            isBusy={isBusy}
            disabled={!isReady || reason.trim() === ''}
          >
            {word}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
