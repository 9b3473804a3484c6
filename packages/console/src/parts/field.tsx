/** A labelled place to type or choose. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

type Common = {
  readonly label: string;
  readonly value: string;
  readonly hint?: ComponentChildren;
  readonly isLabelHidden?: boolean;
  readonly onChange: (value: string) => void;
};

export type TextFieldProps = Common & {
  readonly type?: 'text' | 'search' | 'password' | 'datetime-local' | 'number';
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly list?: readonly string[];
};

export function TextField({
  label,
  hint,
  value,
  isLabelHidden,
  onChange,
  list,
  type = 'text',
  ...rest
}: TextFieldProps) {
  const id = useId();
  return (
    <div class={`field field-${type}`}>
      <label class={isLabelHidden ? 'unseen' : ''} for={id}>
        {label}
      </label>
      <input
        id={id}
        // Preact types each kind of input on its own; these have all that is set here.
        type={type as 'text'}
        value={value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        autocomplete="off"
        spellcheck={false}
        list={list && `${id}-list`}
        onInput={(event) => onChange(event.currentTarget.value)}
        {...rest}
      />
      {list && (
        <datalist id={`${id}-list`}>
          {list.map((item) => (
            <option key={item} value={item} />
          ))}
        </datalist>
      )}
      {hint && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

export type Choice = { readonly value: string; readonly text: string };

export function ChoiceField({
  label,
  value,
  choices,
  onChange,
  hint,
  isLabelHidden,
}: Common & { readonly choices: readonly Choice[] }) {
  const id = useId();
  return (
    <div class="field">
      <label class={isLabelHidden ? 'unseen' : ''} for={id}>
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text}
          </option>
        ))}
      </select>
      {hint && <span class="field-hint">{hint}</span>}
    </div>
  );
}

export function AreaField({
  label,
  value,
  onChange,
  hint,
  rows = 3,
  isCode,
  ...rest
}: Common & {
  readonly rows?: number;
  readonly isCode?: boolean;
  readonly required?: boolean;
  readonly maxLength?: number;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class={isCode ? 'code' : ''}
        rows={rows}
        value={value}
        spellcheck={!isCode}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
        {...rest}
      />
      {hint && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}
