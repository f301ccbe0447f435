import { RadioGroup } from "radix-ui";
import { Field } from "@/components/ui/field";
import { Input, inputClasses } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import type { Draft } from "./draft";
import { iconNames, TemplateIcon } from "./template-icon";

interface AboutFieldsProps {
  draft: Draft;
  errors: { name?: string; description?: string; icon?: string };
  onChange: (part: Partial<Draft>) => void;
}

/** What the catalogue shows of a template. */
export function AboutFields({ draft, errors, onChange }: AboutFieldsProps) {
  // A copy keeps the icon it came with among the choices.
  const icons = iconNames.includes(draft.icon) || draft.icon === "" ? iconNames : [draft.icon, ...iconNames];
  return (
    <div className="grid grid-cols-1 gap-5">
      <Field label={t("Name")} error={errors.name}>
        {(control) => <Input {...control} value={draft.name} onChange={(e) => onChange({ name: e.target.value })} required maxLength={60} autoComplete="off" />}
      </Field>
      <Field label={t("Description")} hint={t("What it is good for.")} error={errors.description}>
        {(control) => (
          <textarea
            {...control}
            value={draft.description}
            onChange={(e) => onChange({ description: e.target.value })}
            rows={2}
            maxLength={500}
            className={cn(inputClasses, "h-auto py-2")}
          />
        )}
      </Field>
      <fieldset className="grid gap-1.5">
        <Label asChild>
          <legend className="mb-1.5">{t("Icon")}</legend>
        </Label>
        <RadioGroup.Root aria-label={t("Icon")} value={draft.icon} onValueChange={(icon) => onChange({ icon })} className="flex flex-wrap gap-2">
          {icons.map((icon) => (
            <RadioGroup.Item
              key={icon}
              value={icon}
              aria-label={icon}
              className="rounded-xl border border-transparent p-0.5 transition-colors hover:border-input data-[state=checked]:border-primary data-[state=checked]:ring-1 data-[state=checked]:ring-primary"
            >
              <TemplateIcon icon={icon} />
            </RadioGroup.Item>
          ))}
        </RadioGroup.Root>
        {errors.icon && (
          <p role="alert" className="text-sm text-danger-text">
            {errors.icon}
          </p>
        )}
      </fieldset>
    </div>
  );
}
