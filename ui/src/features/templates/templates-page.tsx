import { useQuery } from "@tanstack/react-query";
import { Plus, Search } from "lucide-react";
import { useId, useState } from "react";
import type { Template } from "@/api/types";
import { templatesQuery } from "@/api/queries/templates";
import { LoadError } from "@/components/layout/load-error";
import { PageHeader } from "@/components/layout/page-header";
import { EmptyRow } from "@/components/layout/row-list";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { t } from "@/i18n/t";
import { useTitle } from "@/lib/use-title";
import { search } from "./contents";
import { NewTemplateDialog } from "./new-template-dialog";
import { TemplateCard } from "./template-card";
import { TemplatesSkeleton } from "./templates-skeleton";

/** The catalogue: what a workspace can begin with. */
export function TemplatesPage() {
  useTitle(t("Templates"));
  const templates = useQuery(templatesQuery);
  const [words, setWords] = useState("");
  /** What a new one begins as; null = nothing. */
  const [base, setBase] = useState<Template | null>();
  const found = search(templates.data ?? [], words);
  const groups = [
    { title: t("Yours"), items: found.filter((one) => one.mine) },
    { title: t("From others"), items: found.filter((one) => !one.mine && !one.builtin) },
    { title: t("Built in"), items: found.filter((one) => one.builtin && !one.mine) },
  ].filter((group) => group.items.length > 0);
  return (
    <>
      <PageHeader
        title={t("Templates")}
        description={t("What a workspace begins with: tools, ports, tasks and files. Copy one to change it.")}
        action={
          <Button onClick={() => setBase(null)}>
            <Plus aria-hidden /> {t("New template")}
          </Button>
        }
      />
      {templates.isPending && <TemplatesSkeleton />}
      {templates.isError && <LoadError error={templates.error} onRetry={templates.refetch} />}
      {templates.data && (
        <div className="grid grid-cols-1 gap-8">
          <div className="relative max-w-sm">
            <Search aria-hidden className="pointer-events-none absolute top-2.5 left-3 size-4 text-muted-foreground" />
            <Input type="search" aria-label={t("Search templates")} placeholder={t("Search, for example python")} value={words} onChange={(e) => setWords(e.target.value)} className="pl-9" />
          </div>
          {groups.map((group) => (
            <Group key={group.title} title={group.title}>
              {group.items.map((template) => (
                <TemplateCard key={template.id} template={template} onCopy={() => setBase(template)} />
              ))}
            </Group>
          ))}
          {groups.length === 0 && <EmptyRow>{words.trim() === "" ? t("There are no templates.") : t("No template has “{words}” in it.", { words: words.trim() })}</EmptyRow>}
          <p role="status" className="sr-only">
            {words.trim() !== "" && t("{n} found", { n: found.length })}
          </p>
        </div>
      )}
      {base !== undefined && <NewTemplateDialog base={base} onClose={() => setBase(undefined)} />}
    </>
  );
}

function Group({ title, children }: { title: string; children: React.ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="grid grid-cols-1 gap-3">
      <h2 id={id} className="font-semibold">
        {title}
      </h2>
      <ul className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3">{children}</ul>
    </section>
  );
}
