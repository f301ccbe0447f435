import type { WorkspaceStatus } from "@/api/types";
import { Select } from "@/components/ui/select";
import { statuses } from "@/features/workspace/status";
import { t } from "@/i18n/t";

interface StatusSelectProps {
  /** Empty is every one. */
  value: WorkspaceStatus | "";
  onChange: (status: WorkspaceStatus | "") => void;
  className?: string;
}

export function StatusSelect({ value, onChange, className }: StatusSelectProps) {
  return (
    <Select aria-label={t("Status")} value={value} onChange={(e) => onChange(e.target.value as WorkspaceStatus | "")} className={className}>
      <option value="">{t("Every status")}</option>
      {Object.entries(statuses).map(([status, { label }]) => (
        <option key={status} value={status}>
          {t(label)}
        </option>
      ))}
    </Select>
  );
}
