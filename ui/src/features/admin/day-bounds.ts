/** The first moment of a day such as "2026-11-26", where the reader is; undefined for what is no day. */
export function beginOf(day: string | undefined): string | undefined {
  return moment(day, 0);
}

/** The first moment after it. */
export function endOf(day: string | undefined): string | undefined {
  return moment(day, 1);
}

function moment(day: string | undefined, later: number): string | undefined {
  const parts = /^(2\d{3})-(\d{2})-(\d{2})$/.exec(day ?? "");
  if (!parts) return undefined;
  const [year, month, date] = [Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])];
  const there = new Date(year, month, date);
  if (there.getMonth() !== month || there.getDate() !== date) return undefined;
  return new Date(year, month, date + later).toISOString();
}
