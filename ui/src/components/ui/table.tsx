import { defaultRangeExtractor, useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, ArrowUpDown } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type RefCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { Checkbox } from "./checkbox";
import { Skeleton } from "./skeleton";
import { focusRow, placeOf, rowAfter } from "./table-keys";
import type { Column, Selection, Sort } from "./table-types";

interface TableProps<Row> {
  label: string;
  /** Those that are loaded. */
  rows: Row[];
  /** Of all there are; the rest is loaded when it is near. */
  total: number;
  keyOf: (row: Row) => string;
  nameOf: (row: Row) => string;
  columns: Column<Row>[];
  /** Draws a row in two lines, where there is no room for columns. */
  compact: ((row: Row) => ReactNode) | undefined;
  sort: Sort;
  onSort: (by: string) => void;
  selection?: Selection;
  /** Rows that look as if they were going. */
  isFaded?: (row: Row) => boolean;
  /** The end of what is loaded is near. */
  onEnd?: () => void;
  /** Given the element of each row that is drawn, with its key in data-id. */
  rowRef?: RefCallback<HTMLElement>;
}

const rowPx = { wide: 53, compact: 81 };
/** Rows that stand for what is being loaded. */
const waitingRows = 5;

/**
 * Any number of rows, of which only those near the view are drawn; it scrolls with the
 * page and its head stays below the page's. Arrow keys, Page Up and Down, Home and End
 * move the focus from row to row.
 */
export function Table<Row>({ label, rows, total, keyOf, nameOf, columns, compact, sort, onSort, selection, isFaded, onEnd, rowRef }: TableProps<Row>) {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const focused = useRef<string>(undefined);
  const count = rows.length + Math.min(total - rows.length, waitingRows);

  useLayoutEffect(() => {
    const element = body.current;
    if (!element) return;
    const measure = () => setTop(Math.round(element.getBoundingClientRect().top + window.scrollY));
    measure();
    // What is above the table may grow, and the page with it.
    const observer = new ResizeObserver(measure);
    observer.observe(element.closest("main") ?? document.body);
    return () => observer.disconnect();
  }, []);

  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => (compact ? rowPx.compact : rowPx.wide),
    overscan: 8,
    scrollMargin: top,
    scrollPaddingStart: 120, // what sticks at the top covers that
    getItemKey: (i) => {
      const row = rows[i];
      return row === undefined ? `waiting ${i}` : keyOf(row);
    },
    // A row with the focus, or with a dialog of its own, must not go when it is scrolled away.
    rangeExtractor: (range) => {
      const drawn = defaultRangeExtractor(range);
      const kept = focused.current === undefined ? -1 : rows.findIndex((row) => keyOf(row) === focused.current);
      return kept < 0 || drawn.includes(kept) ? drawn : [...drawn, kept].toSorted((a, b) => a - b);
    },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const endIsNear = rows.length < total && last >= rows.length - 20;
  useEffect(() => {
    if (endIsNear) onEnd?.();
  }, [endIsNear, onEnd]);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const place = placeOf(event);
    const to = place && rowAfter(event.key, place.row, rows.length);
    if (!place || to === undefined || !body.current) return;
    event.preventDefault();
    virtual.scrollToIndex(to, { align: "auto" });
    focusRow(body.current, to, place.control);
  };

  const grid = { gridTemplateColumns: [selection && "1.5rem", ...columns.map((c) => c.width)].filter(Boolean).join(" ") };
  return (
    <div role="table" aria-label={label} aria-rowcount={total + (compact ? 0 : 1)} className="rounded-xl border border-border bg-surface text-sm shadow-card">
      {!compact && (
        <div role="rowgroup" className="sticky top-14 z-20 rounded-t-xl border-b border-border bg-surface">
          <div role="row" aria-rowindex={1} className="grid h-10 items-center gap-x-4 px-4" style={grid}>
            {selection && (
              <div role="columnheader">
                <Checkbox label={t("Select all")} checked={selection.state} onChange={selection.toggleAll} />
              </div>
            )}
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </div>
        </div>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys are those of the controls in it */}
      <div
        ref={body}
        role="rowgroup"
        className="relative"
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
        onFocus={(e) => {
          if (e.currentTarget.contains(e.target)) focused.current = e.target.closest<HTMLElement>("[data-id]")?.dataset.id;
        }}
      >
        {items.map((item) => {
          const row = rows[item.index];
          const place = { transform: `translateY(${item.start - top}px)` };
          const box = cn("absolute inset-x-0 top-0 border-b border-border px-4 last:border-b-0", compact ? "py-2.5" : "min-h-13 py-2");
          if (row === undefined) {
            return (
              <div key={item.key} aria-hidden data-index={item.index} ref={virtual.measureElement} className={box} style={place}>
                <Skeleton className={cn("my-1.5", compact ? "h-12" : "h-5")} />
              </div>
            );
          }
          const id = keyOf(row);
          const name = nameOf(row);
          const check = selection && (
            <Checkbox label={t("Select {name}", { name })} checked={selection.has(id)} onChange={(_, click) => selection.toggle(id, click)} />
          );
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + (compact ? 1 : 2)}
              data-index={item.index}
              ref={virtual.measureElement}
              className={cn(box, selection?.has(id) && "bg-primary/8")}
              style={place}
            >
              <div
                role="presentation"
                ref={rowRef}
                data-id={id}
                className={cn(compact ? "flex min-h-15 items-center gap-3" : "grid min-h-9 items-center gap-x-4", isFaded?.(row) && "text-muted-foreground grayscale")}
                style={compact ? undefined : grid}
              >
                {check && <div role="cell">{check}</div>}
                {compact ? (
                  <div role="cell" className="min-w-0 flex-1">
                    {compact(row)}
                  </div>
                ) : (
                  columns.map((column) => (
                    <div key={column.id} role="cell" className="min-w-0">
                      {column.cell(row)}
                    </div>
                  ))
                )}
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  sort: Sort;
  onSort: (by: string) => void;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const { id, title, sortable, quiet } = column;
  const sorted = sort.by === id;
  const order = !sorted ? "none" : sort.descending ? "descending" : "ascending";
  const Arrow = !sorted ? ArrowUpDown : sort.descending ? ArrowDown : ArrowUp;
  if (!sortable) {
    return (
      <div role="columnheader" className="truncate text-xs font-medium text-muted-foreground">
        <span className={quiet ? "sr-only" : undefined}>{title}</span>
      </div>
    );
  }
  return (
    <div role="columnheader" aria-sort={order} className="min-w-0">
      <button type="button" onClick={() => onSort(id)} className="group -mx-1.5 flex h-7 max-w-full items-center gap-1 rounded-md px-1.5 text-xs font-medium text-muted-foreground hover:bg-muted hover:text-foreground">
        <span className="truncate">{title}</span>
        <Arrow aria-hidden className={cn("size-3.5 shrink-0", !sorted && "opacity-0 group-hover:opacity-60 group-focus-visible:opacity-60")} />
      </button>
    </div>
  );
}
