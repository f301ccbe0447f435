import type { MouseEvent, ReactNode } from "react";

export interface Column<Row> {
  id: string;
  title: string;
  /** Its track in a CSS grid, such as "minmax(0,2fr)". */
  width: string;
  /** It can be sorted by. */
  sortable?: boolean;
  /** The title is for screen readers only. */
  quiet?: boolean;
  cell: (row: Row) => ReactNode;
}

export interface Sort {
  /** The id of a column. */
  by: string;
  descending: boolean;
}

export interface Selection {
  has: (key: string) => boolean;
  /** Of all rows that can be selected. */
  state: boolean | "mixed";
  toggle: (key: string, click: MouseEvent) => void;
  toggleAll: () => void;
}
