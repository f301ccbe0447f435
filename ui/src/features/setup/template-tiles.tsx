import { useQuery } from "@tanstack/react-query";
import { templatesQuery } from "@/api/queries/templates";
import { LoadError } from "@/components/layout/load-error";
import { Skeleton } from "@/components/ui/skeleton";
import { Spinner } from "@/components/ui/spinner";
import { TemplateIcon } from "@/features/templates/template-icon";
import { t } from "@/i18n/t";

interface TemplateTilesProps {
  /** The one being started. */
  busy: string | undefined;
  disabled: boolean;
  onStart: (id: string) => void;
}

/** Every template as a button that makes and starts a workspace. */
export function TemplateTiles({ busy, disabled, onStart }: TemplateTilesProps) {
  const templates = useQuery(templatesQuery);
  if (templates.error) return <LoadError error={templates.error} onRetry={templates.refetch} />;
  const usable = templates.data?.filter((template) => template.builtin || template.publishedVersion > 0);
  return (
    <ul aria-label={t("Templates")} className="grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-4">
      {usable?.map(({ id, name, icon, description }) => (
        <li key={id} className="min-w-0">
          <button
            type="button"
            title={description}
            disabled={disabled}
            onClick={() => onStart(id)}
            className="flex w-full min-w-0 items-center gap-3 rounded-lg border border-input bg-surface px-3 py-2.5 text-left text-sm font-medium shadow-card transition-colors hover:bg-muted disabled:opacity-60"
          >
            {busy === id ? <Spinner className="m-1.5" /> : <TemplateIcon icon={icon} className="size-8 rounded-lg" />}
            <span className="truncate">{name}</span>
          </button>
        </li>
      ))}
      {!usable && [0, 1, 2, 3, 4, 5, 6, 7].map((n) => <Skeleton key={n} className="h-13" />)}
    </ul>
  );
}
