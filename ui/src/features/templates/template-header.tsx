import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Template } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { NewTemplateDialog } from "./new-template-dialog";
import { TemplateBadges } from "./template-badges";
import { TemplateIcon } from "./template-icon";
import { TemplateMenu } from "./template-menu";

interface TemplateHeaderProps {
  template: Template;
  /** Below the name. */
  children?: ReactNode;
  /** Just before the page is left for good. */
  onDeleted?: () => void;
}

/** Which template this is, and what can be done with it. */
export function TemplateHeader({ template, children, onDeleted }: TemplateHeaderProps) {
  const { id, name, icon } = template;
  const navigate = useNavigate();
  const [copying, setCopying] = useState(false);
  return (
    <div className="mb-6 grid grid-cols-1 gap-4">
      <Link to="/templates" className="flex items-center gap-1 justify-self-start rounded text-sm text-muted-foreground hover:text-foreground">
        <ChevronLeft aria-hidden className="size-4" /> {t("All templates")}
      </Link>
      <div className="flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 items-center gap-4">
          <TemplateIcon icon={icon} className="size-12" />
          <div className="grid min-w-0 grid-cols-1 gap-1">
            <h1 className="text-2xl font-semibold tracking-tight break-words">{name}</h1>
            <div className="flex flex-wrap gap-1">
              <TemplateBadges template={template} />
            </div>
          </div>
        </div>
        <div className="flex items-center gap-2">
          {!template.mine && (
            <Button variant="outline" onClick={() => setCopying(true)}>
              {t("Copy to my templates")}
            </Button>
          )}
          <Button asChild variant={template.mine ? "outline" : "primary"}>
            <Link to="/new" search={{ template: id }}>
              {t("Use")}
            </Link>
          </Button>
          <TemplateMenu
            here
            template={template}
            onCopy={() => setCopying(true)}
            onDeleted={() => {
              onDeleted?.();
              void navigate({ to: "/templates", ignoreBlocker: true });
            }}
          />
        </div>
      </div>
      {children}
      {copying && <NewTemplateDialog base={template} onClose={() => setCopying(false)} />}
    </div>
  );
}
