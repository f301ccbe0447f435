interface Frame {
  most: number;
  room: number;
  width: number;
  height: number;
}

/** The paths of a line and of the area below it, or undefined for fewer than two values. */
export function linePath(values: number[], { most, room, width, height }: Frame): { line: string; area: string } | undefined {
  const shown = values.slice(-room);
  if (shown.length < 2) return undefined;
  const step = width / (Math.max(room, 2) - 1);
  const first = width - step * (shown.length - 1);
  const top = most > 0 ? most : 1;
  const points = shown.map((value, i) => {
    const share = Math.min(Math.max(value / top, 0), 1);
    return `${round(first + i * step)} ${round(height - share * height)}`;
  });
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L${round(width)} ${height}L${round(first)} ${height}Z` };
}

function round(n: number): number {
  return Math.round(n * 100) / 100;
}
