import { Progress as Primitive } from "radix-ui";

/** How much is done, 0 to 100. */
export function Progress({ label, percent }: { label: string; percent: number }) {
  const value = Math.min(100, Math.max(0, Math.round(percent)));
  return (
    <Primitive.Root aria-label={label} value={value} className="h-1.5 w-full overflow-hidden rounded-full bg-muted">
      <Primitive.Indicator className="h-full rounded-full bg-primary transition-[width]" style={{ width: `${value}%` }} />
    </Primitive.Root>
  );
}
