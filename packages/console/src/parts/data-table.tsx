/** A table of moderate length; on a phone each row becomes a card. */
import type { ComponentChildren } from 'preact';

export type Column<T> = {
  readonly title: string;
  readonly value: (row: T) => ComponentChildren;
  readonly isNumber?: boolean;
  /** Takes what room is left. */
  readonly isWide?: boolean;
};

export type DataTableProps<T> = {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  readonly isBusy?: boolean;
};

export function DataTable<T>({ caption, columns, rows, rowKey, isBusy }: DataTableProps<T>) {
  return (
    <table class="table" aria-busy={isBusy}>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" class={classOf(column)}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) => (
              <td key={column.title} class={classOf(column)} data-title={column.title}>
                {column.value(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function classOf<T>({ isNumber, isWide }: Column<T>): string {
  return `${isNumber ? 'number' : ''} ${isWide ? 'wide' : ''}`.trim();
}
