import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "@/lib/toast";
import type { Definition, Template, TemplateVersion } from "@/api/types";
import { versionsQuery } from "@/api/queries/templates";
import { LoadError } from "@/components/layout/load-error";
import { Section } from "@/components/layout/section";
import { AlertDialog } from "@/components/ui/alert-dialog";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { t } from "@/i18n/t";
import { ago, exact } from "@/lib/format";
import { useNow } from "@/lib/use-now";

interface VersionsPanelProps {
  template: Template;
  dirty: boolean;
  /** Puts a version in the editor. */
  onRestore: (definition: Definition) => void;
}

/** Every version that was saved. Restoring one puts it in the editor; saving makes it the newest. */
export function VersionsPanel({ template, dirty, onRestore }: VersionsPanelProps) {
  const now = useNow();
  const versions = useQuery(versionsQuery(template.id));
  const [asking, setAsking] = useState<TemplateVersion>();
  const restore = ({ version, definition }: TemplateVersion) => {
    setAsking(undefined);
    onRestore(definition);
    toast.success(t("Version {version} is in the editor", { version }), { description: t("Save to make it the newest one.") });
  };
  return (
    <Section title={t("Versions")}>
      {versions.isPending && <Skeleton className="h-24" />}
      {versions.isError && <LoadError error={versions.error} onRetry={versions.refetch} />}
      {versions.data && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard
        <ul tabIndex={0} aria-label={t("Versions")} className="-mx-2 max-h-96 divide-y divide-border overflow-y-auto rounded-lg px-2">
          {versions.data.map((item) => {
            const { version, createdAt, tried } = item;
            return (
              <li key={version} className="flex items-center justify-between gap-3 py-2.5 text-sm">
                <div className="grid min-w-0 gap-0.5">
                  <p className="flex flex-wrap items-center gap-1.5 font-medium">
                    {t("Version {version}", { version })}
                    {version === template.publishedVersion && <Badge variant="accent">{t("Published")}</Badge>}
                    {version !== template.publishedVersion && tried && <Badge>{t("Tried")}</Badge>}
                  </p>
                  <time dateTime={createdAt} title={exact(createdAt)} className="text-muted-foreground">
                    {ago(createdAt, now)}
                  </time>
                </div>
                {version !== template.version && (
                  <Button
                    variant="outline"
                    size="sm"
                    onClick={() => (dirty ? setAsking(item) : restore(item))}
                    aria-label={t("Restore version {version}", { version })}
                  >
                    {t("Restore")}
                  </Button>
                )}
              </li>
            );
          })}
        </ul>
      )}
      <AlertDialog
        open={asking !== undefined}
        onOpenChange={(open) => !open && setAsking(undefined)}
        title={t("Restore version {version}?", { version: asking?.version ?? 0 })}
        description={t("Your unsaved changes are lost.")}
        action={t("Restore")}
        onConfirm={() => asking && restore(asking)}
      />
    </Section>
  );
}
