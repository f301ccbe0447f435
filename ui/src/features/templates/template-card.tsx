import { Link } from "@tanstack/react-router";
import type { Template } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { t } from "@/i18n/t";
import { contents, portsText } from "./contents";
import { TemplateBadges } from "./template-badges";
import { TemplateIcon } from "./template-icon";
import { TemplateMenu } from "./template-menu";

interface TemplateCardProps {
  template: Template;
  onCopy: () => void;
}

export function TemplateCard({ template, onCopy }: TemplateCardProps) {
  const { id, name, description, icon, definition } = template;
  const ports = portsText(definition);
  return (
    <li className="min-w-0">
      <Card className="flex h-full flex-col gap-3 p-5">
        <div className="flex items-center gap-3">
          <TemplateIcon icon={icon} />
          <div className="grid min-w-0 grid-cols-1 gap-1">
            <h3 className="min-w-0 font-medium">
              <Link to="/templates/$id" params={{ id }} title={name} className="block truncate rounded underline-offset-4 hover:underline">
                {name}
              </Link>
            </h3>
            <div className="flex flex-wrap gap-1">
              <TemplateBadges template={template} />
            </div>
          </div>
        </div>
        {description && (
          <p title={description} className="line-clamp-2 text-sm">
            {description}
          </p>
        )}
        <div className="text-sm text-muted-foreground">
          <p className="line-clamp-2">{contents(definition)}</p>
          {ports && <p className="line-clamp-1">{ports}</p>}
        </div>
        <div className="mt-auto flex items-center justify-between gap-2 pt-1">
          <Button asChild size="sm" variant="outline">
            <Link to="/new" search={{ template: id }} aria-label={t("Use {name}", { name })}>
              {t("Use")}
            </Link>
          </Button>
          <TemplateMenu template={template} onCopy={onCopy} />
        </div>
      </Card>
    </li>
  );
}
