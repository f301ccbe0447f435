import type { Ref } from "react";
import type { PortVisibility } from "@/api/types";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { msg, t } from "@/i18n/t";

const labels: Record<PortVisibility, string> = {
  owner: msg("Only you"),
  users: msg("Everybody signed in"),
  public: msg("Everybody on the internet"),
};

interface VisibilitySelectProps {
  ref: Ref<HTMLSelectElement>;
  port: number;
  value: PortVisibility;
  onChange: (visibility: PortVisibility) => void;
}

export function VisibilitySelect({ ref, port, value, onChange }: VisibilitySelectProps) {
  const label = (
    <>
      {t("Who may open it")}<span className="sr-only">{t(": port {port}", { port })}</span>
    </>
  );
  return (
    <Field label={label}>
      {(control) => (
        <Select {...control} ref={ref} value={value} onChange={(e) => onChange(e.target.value as PortVisibility)}>
          {Object.entries(labels).map(([visibility, text]) => (
            <option key={visibility} value={visibility}>
              {t(text)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
