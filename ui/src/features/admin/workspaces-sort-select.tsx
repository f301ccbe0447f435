import { Select } from "@/components/ui/select";
import type { Sort } from "@/components/ui/table-types";
import { msg, t } from "@/i18n/t";

const sorts: { name: string; by: string; descending: boolean }[] = [
  { name: msg("Used last"), by: "lastActiveAt", descending: true },
  { name: msg("Unused longest"), by: "lastActiveAt", descending: false },
  { name: msg("By name"), by: "name", descending: false },
  { name: msg("By owner"), by: "owner", descending: false },
  { name: msg("By status"), by: "status", descending: false },
  { name: msg("Newest"), by: "createdAt", descending: true },
  { name: msg("Largest"), by: "memory", descending: true },
];

/** The order, where a table has no heads to press. */
export function SortSelect({ sort, onSort }: { sort: Sort; onSort: (sort: Sort) => void }) {
  const at = sorts.findIndex((s) => s.by === sort.by && s.descending === sort.descending);
  return (
    <Select
      aria-label={t("Order")}
      value={at}
      onChange={(e) => {
        const chosen = sorts[Number(e.target.value)];
        if (chosen) onSort({ by: chosen.by, descending: chosen.descending });
      }}
      className="w-40 max-sm:flex-1"
    >
      {at < 0 && <option value={-1}>{t("As chosen")}</option>}
      {sorts.map(({ name }, n) => (
        <option key={name} value={n}>
          {t(name)}
        </option>
      ))}
    </Select>
  );
}
