import { WandSparkles } from "lucide-react";
import { RadioGroup } from "radix-ui";
import { type ReactNode, useId } from "react";
import type { Template } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Badge } from "@/components/ui/badge";
import { Label } from "@/components/ui/label";
import { Skeleton } from "@/components/ui/skeleton";
import { TemplateIcon } from "@/features/templates/template-icon";
import { t } from "@/i18n/t";

interface TemplatePickerProps {
  /** Undefined until they are loaded. */
  templates: Template[] | undefined;
  error: unknown;
  onRetry: () => void;
  /** Id of a template; "" = guess. */
  value: string;
  onChange: (id: string) => void;
  /** What guessing comes to, as far as it is known. */
  guess: ReactNode;
}

/** What tools are in the workspace: guessed from the repository, or chosen. */
export function TemplatePicker({ templates, error, onRetry, value, onChange, guess }: TemplatePickerProps) {
  const id = useId();
  return (
    <fieldset className="grid grid-cols-1 gap-1.5">
      <Label asChild>
        <legend className="mb-1.5" id={id}>
          {t("Template")}
        </legend>
      </Label>
      <RadioGroup.Root aria-labelledby={id} value={value || "guess"} onValueChange={(v) => onChange(v === "guess" ? "" : v)} className="grid grid-cols-1 gap-2 sm:grid-cols-2 lg:grid-cols-3">
        <Choice value="guess" icon={<Wand />} name={t("Guess")} className="sm:col-span-2 lg:col-span-3">
          {guess}
        </Choice>
        {templates?.map((template) => (
          <Choice key={template.id} value={template.id} icon={<TemplateIcon icon={template.icon} className="size-8 rounded-lg" />} name={template.name} badge={mark(template)}>
            <span className="line-clamp-2">{template.description}</span>
          </Choice>
        ))}
        {!templates && !error && [0, 1, 2, 3, 4, 5].map((n) => <Skeleton key={n} className="h-18" />)}
      </RadioGroup.Root>
      {error !== null && error !== undefined && <LoadError error={error} onRetry={onRetry} />}
    </fieldset>
  );
}

/** Those that come with the server need none. */
function mark(template: Template): string | undefined {
  if (template.builtin) return;
  if (template.publishedVersion === 0) return t("Draft");
  return template.mine ? t("Yours") : t("Shared");
}

interface ChoiceProps {
  value: string;
  icon: ReactNode;
  name: string;
  badge?: string;
  className?: string;
  children: ReactNode;
}

function Choice({ value, icon, name, badge, className = "", children }: ChoiceProps) {
  return (
    <RadioGroup.Item
      value={value}
      className={`flex min-w-0 gap-3 rounded-lg border border-input bg-surface px-3 py-2.5 text-left text-sm shadow-card transition-colors hover:bg-muted data-[state=checked]:border-primary data-[state=checked]:bg-primary/8 data-[state=checked]:ring-1 data-[state=checked]:ring-primary ${className}`}
    >
      {icon}
      <span className="grid min-w-0 flex-1 content-start gap-0.5">
        <span className="flex min-w-0 items-center gap-2">
          <span className="truncate font-medium" title={name}>
            {name}
          </span>
          {badge && <Badge>{badge}</Badge>}
        </span>
        <span className="text-xs text-muted-foreground">{children}</span>
      </span>
    </RadioGroup.Item>
  );
}

function Wand() {
  return (
    <span aria-hidden className="grid size-8 shrink-0 place-items-center rounded-lg bg-primary/10 text-link">
      <WandSparkles className="size-4" />
    </span>
  );
}
