const width = 120;
const height = 28;

/** How a figure went, oldest first. Its number stands beside it, so it is a picture only. */
export function Trend({ values }: { values: number[] }) {
  if (values.length < 2) return <div aria-hidden className="h-7" />;
  const top = Math.max(...values, Number.MIN_VALUE);
  const step = width / (values.length - 1);
  const points = values.map((value, n) => `${round(n * step)},${round(height - 1 - (Math.max(0, value) / top) * (height - 3))}`);
  return (
    <svg aria-hidden viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" className="h-7 w-full">
      <polygon points={`0,${height} ${points.join(" ")} ${width},${height}`} className="fill-primary/10" />
      <polyline points={points.join(" ")} fill="none" className="stroke-primary" strokeWidth="1.5" vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  );
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
