/** Asks why: whatever an operator does, or sees unmasked, is written down with a reason. */
import { TextField } from './field.js';

export type ReasonFieldProps = {
  /** Default "Why". */
  readonly label?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
};

export function ReasonField({ label = 'Why', value, onChange }: ReasonFieldProps) {
  return (
    <TextField
      label={label}
      value={value}
      onChange={onChange}
      required
      hint="It is written into the audit, with your name."
    />
  );
}
