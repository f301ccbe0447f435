import { X } from "lucide-react";
import { useCallback } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { t } from "@/i18n/t";
import { actionGroups, actionName, knownActions } from "./audit-actions";
import { SearchField } from "./search-field";

export interface AuditSearch {
  query?: string;
  action?: string;
  user?: string;
  /** Days such as 2026-11-26. */
  since?: string;
  until?: string;
}

interface AuditFiltersProps {
  search: AuditSearch;
  /** Of the user it is narrowed to, where known. */
  userName: string | undefined;
  onChange: (changes: AuditSearch) => void;
}

export function AuditFilters({ search, userName, onChange }: AuditFiltersProps) {
  const { query, action = "", user, since = "", until = "" } = search;
  const find = useCallback((words: string) => onChange({ query: words || undefined }), [onChange]);
  const groups = actionGroups.map((g) => g.value);
  const known = [...groups, ...knownActions];
  const actions = action && !known.includes(action) ? [action, ...known] : known;
  return (
    <search className="mb-4 grid grid-cols-2 items-end gap-3 md:grid-cols-[1fr_12rem_10rem_10rem]">
      <SearchField label={t("Search the audit log")} placeholder={t("Name, address or detail")} initial={query} onSearch={find} className="max-md:col-span-2" />
      <div className="max-md:col-span-2">
        <Field label={t("Act")}>
          {(control) => (
            <Select {...control} value={action} onChange={(e) => onChange({ action: e.target.value || undefined })}>
              <option value="">{t("All")}</option>
              {actions.map((name) => (
                <option key={name} value={name}>
                  {actionName(name)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Field label={t("From")}>
        {(control) => <Input {...control} type="date" value={since} max={until || undefined} onChange={(e) => onChange({ since: e.target.value || undefined })} />}
      </Field>
      <Field label={t("To")}>{(control) => <Input {...control} type="date" value={until} min={since || undefined} onChange={(e) => onChange({ until: e.target.value || undefined })} />}</Field>
      {user && (
        <p className="col-span-full flex min-w-0 items-center gap-2 text-sm">
          <span className="min-w-0 truncate">{t("Only what {who} did", { who: userName ?? t("one user") })}</span>
          <Button variant="outline" size="sm" onClick={() => onChange({ user: undefined })}>
            <X aria-hidden /> {t("Everybody")}
          </Button>
        </p>
      )}
    </search>
  );
}
