const gib = 2 ** 30;
const core = 1e9;

/** Bytes as a number of GiB for a field: "2", "0.5". */
export function gibText(bytes: number): string {
  return shorten(bytes / gib);
}

/** Billionths of a core as a number of cores for a field. */
export function coresText(nano: number): string {
  return shorten(nano / core);
}

/** Bytes of a number of GiB; undefined for what is none. */
export function readGib(text: string): number | undefined {
  const n = read(text);
  return n === undefined ? undefined : Math.round(n * 1024) * 2 ** 20;
}

/** Billionths of a core of a number of cores. */
export function readCores(text: string): number | undefined {
  const n = read(text);
  return n === undefined ? undefined : Math.round(n * 100) * (core / 100);
}

function read(text: string): number | undefined {
  const trimmed = text.trim().replace(",", ".");
  if (!/^\d{1,5}(\.\d{1,3})?$/.test(trimmed)) return undefined;
  const n = Number(trimmed);
  return n > 0 ? n : undefined;
}

function shorten(n: number): string {
  return String(Math.round(n * 1000) / 1000);
}
