import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import styles from './table.module.css';

export interface Column<Row> {
  readonly key: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'start' | 'end';
  /** Names the row: one column of each table. */
  readonly isTitle?: boolean;
  /** Holds buttons: its heading is read, not shown. */
  readonly isActions?: boolean;
}

export interface TableProps<Row> {
  /** Says what the table holds, for those who do not see the page. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
}

/**
 * A ledger: hairlines, figures to the right. On a phone each row is a block with its headings beside the values. Roles are
 * written out: browsers forget them when a table is laid out otherwise.
 */
export function Table<Row>({ caption, columns, rows, rowKey }: TableProps<Row>) {
  return (
    <div className={styles.frame}>
      <table className={styles.table} role="table">
        <caption className={styles.caption}>{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ key, header, align, isActions }) => (
              <th key={key} role="columnheader" scope="col" className={align === 'end' ? styles.end : undefined}>
                <span className={isActions === true ? styles.hidden : undefined}>{header}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row">
              {columns.map(({ key, header, cell, align, isTitle, isActions }) => {
                const className = classNames(
                  align === 'end' && styles.end,
                  isTitle === true && styles.title,
                  isActions === true && styles.actions,
                );
                const content = <div className={styles.value}>{cell(row)}</div>;
                return isTitle === true ? (
                  <th key={key} role="rowheader" scope="row" className={className}>
                    {content}
                  </th>
                ) : (
                  <td key={key} role="cell" className={className} data-label={isActions === true ? undefined : header}>
                    {content}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
