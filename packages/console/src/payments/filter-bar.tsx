/** Search and filters. What is typed is asked for when the typing pauses. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../console-context.js';
import { inputOfIso, isoOfInput } from '../format/time.js';
import { Button } from '../parts/button.js';
import { ChoiceField, TextField } from '../parts/field.js';
import { isNarrowed, type PaymentFilter } from './payment-filter.js';

const PAUSE_MS = 250;
const STATES = [
  { value: '', text: 'Any state' },
  { value: 'success', text: 'success' },
  { value: 'failure', text: 'failure' },
  { value: 'processing', text: 'processing' },
  { value: 'claimed', text: 'claimed' },
  { value: 'sent', text: 'sent' },
  { value: 'withdrawn', text: 'withdrawn' },
];
const ORDERS = [
  { value: '', text: 'Newest first' },
  { value: 'oldest', text: 'Oldest first' },
];

export type FilterBarProps = {
  readonly filter: PaymentFilter;
  readonly onChange: (changes: Readonly<Record<string, string | undefined>>) => void;
};

export function FilterBar({ filter, onChange }: FilterBarProps) {
  const { live } = useSession();
  const operations = [...new Set(live.overview.value?.operations.map(({ operation }) => operation))].sort();
  const [isOpen, setOpen] = useState(isNarrowed({ ...filter, q: undefined }));
  return (
    <search class="filters">
      <div class="filters-first">
        <PausedField
          label="Search by payment, attempt, key, correlation id or worker"
          isSearch
          value={filter.q ?? ''}
          onPause={(q) => onChange({ q })}
        />
        <Button pressed={isOpen} onClick={() => setOpen(!isOpen)}>
          Filter
        </Button>
      </div>
      {isOpen && (
        <div class="filters-more">
          <PausedField
            label="Merchant"
            value={filter.merchant ?? ''}
            onPause={(merchant) => onChange({ merchant })}
          />
          <PausedField
            label="Operation"
            value={filter.operation ?? ''}
            list={operations}
            onPause={(operation) => onChange({ operation })}
          />
          <ChoiceField
            label="State"
            value={filter.state ?? ''}
            choices={STATES}
            onChange={(state) => onChange({ state })}
          />
          <TextField
            label="From (UTC)"
            type="datetime-local"
            value={inputOfIso(filter.from)}
            onChange={(from) => onChange({ from: isoOfInput(from) })}
          />
          <TextField
            label="To (UTC)"
            type="datetime-local"
            value={inputOfIso(filter.to)}
            onChange={(to) => onChange({ to: isoOfInput(to) })}
          />
          <ChoiceField
            label="Order"
            value={filter.sort ?? ''}
            choices={ORDERS}
            onChange={(sort) => onChange({ sort })}
          />
        </div>
      )}
    </search>
  );
}

type PausedFieldProps = {
  readonly label: string;
  readonly value: string;
  readonly isSearch?: boolean;
  readonly list?: readonly string[];
  readonly onPause: (value: string) => void;
};

function PausedField({ label, value, isSearch, list, onPause }: PausedFieldProps) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // Changed from outside: cleared, or gone back to.
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <TextField
      label={label}
      type={isSearch ? 'search' : 'text'}
      {...(isSearch && { isLabelHidden: true, placeholder: label })}
      {...(list && { list })}
      value={text}
      onChange={(typed) => {
        setText(typed);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => onPause(typed.trim()), PAUSE_MS);
      }}
    />
  );
}
