import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { t } from "@/i18n/t";
import { duration } from "@/lib/format";

const offered = [15 * 60, 30 * 60, 3600, 4 * 3600, 8 * 3600, 24 * 3600];

interface IdleSelectProps {
  /** Seconds; 0 = never. */
  value: number;
  onChange: (seconds: number) => void;
}

export function IdleSelect({ value, onChange }: IdleSelectProps) {
  const choices = [...new Set([...offered, value])].filter((s) => s > 0).toSorted((a, b) => a - b);
  return (
    <Field label={t("Stop by itself")} hint={t("Saves memory for others. Files stay, running programs end.")}>
      {(control) => (
        <Select {...control} value={value} onChange={(e) => onChange(Number(e.target.value))}>
          {choices.map((seconds) => (
            <option key={seconds} value={seconds}>
              {t("after {time} without use", { time: duration(seconds) })}
            </option>
          ))}
          <option value={0}>{t("never")}</option>
        </Select>
      )}
    </Field>
  );
}
