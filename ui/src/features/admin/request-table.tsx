import type { Figures } from "@/api/types";
import { Card } from "@/components/ui/card";
import { msg, t } from "@/i18n/t";
import { milliseconds, perSecond } from "./amounts";

const kinds: Record<string, string> = {
  api: msg("API"),
  ui: msg("Pages"),
  ws: msg("Editors"),
  port: msg("Ports"),
  agent: msg("Agents"),
};

const cell = "px-1.5 py-2 text-right whitespace-nowrap tabular-nums last:pr-4 sm:px-4";

/** What kinds of requests come, and how fast they are answered. */
export function RequestTable({ requests }: { requests: Figures["requests"] }) {
  return (
    <Card>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
      <div role="region" aria-label={t("Requests by kind")} tabIndex={0} className="overflow-x-auto rounded-xl -outline-offset-2">
        <table className="w-full text-xs sm:text-sm">
          <thead>
            <tr className="border-b border-border text-muted-foreground [&>th]:px-1.5 [&>th]:py-2 [&>th]:align-bottom [&>th]:font-normal [&>th:first-child]:pl-4 [&>th:last-child]:pr-4 sm:[&>th]:px-4">
              <th scope="col" className="text-left">
                {t("Requests")}
              </th>
              <th scope="col" className="text-right">
                {t("a second")}
              </th>
              <th scope="col" className="text-right">
                {t("half within")}
              </th>
              <th scope="col" className="text-right">
                {t("95 % within")}
              </th>
              <th scope="col" className="text-right">
                {t("failed")}
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-border">
            {requests.map(({ kind, ...r }) => (
              <tr key={kind}>
                <th scope="row" className="py-2 pr-1.5 pl-4 text-left font-medium">
                  {Object.hasOwn(kinds, kind) ? t(kinds[kind] ?? kind) : kind}
                </th>
                <td className={cell}>{perSecond(r.perSecond)}</td>
                <td className={cell}>{milliseconds(r.p50Ms)}</td>
                <td className={cell}>{milliseconds(r.p95Ms)}</td>
                <td className={cell}>{perSecond(r.errorsPerSecond)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
