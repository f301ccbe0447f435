import { tn } from "@/i18n/t";

/** Headers as they came; secrets among them were masked by the server. */
export function Headers({ title, headers }: { title: string; headers: [string, string][] }) {
  return (
    <details open={headers.length > 0} className="group">
      <summary className="cursor-pointer text-xs font-medium">
        {title} <span className="font-normal text-muted-foreground">{tn("{n} line", "{n} lines", headers.length)}</span>
      </summary>
      <dl className="mt-1.5 grid grid-cols-1 gap-y-1 rounded-lg border border-border bg-surface px-3 py-2 font-mono text-xs empty:hidden">
        {headers.map(([name, value], at) => (
          // oxlint-disable-next-line react/no-array-index-key -- a name may come twice, and the list never changes
          <div key={at} className="break-all">
            <dt className="inline text-muted-foreground">{name}: </dt>
            <dd className="inline">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
