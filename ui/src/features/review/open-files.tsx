import type { Review } from "@/api/types";
import { visible } from "@/features/chat/cards/visible";
import { t } from "@/i18n/t";

interface OpenFilesProps {
  files: Review["openFiles"];
  onShow: (path: string, line?: number) => void;
}

/** What VS Code shows at the moment; nothing where that is not known. */
export function OpenFiles({ files, onShow }: OpenFilesProps) {
  if (files.length === 0) return null;
  return (
    <section aria-labelledby="open-now" className="border-b border-border p-2">
      <h2 id="open-now" className="px-2 py-1 text-xs font-medium text-muted-foreground">
        {t("Open in VS Code now")}
      </h2>
      <ul>
        {files.map(({ path, active, line }) => (
          <li key={path}>
            <button
              type="button"
              title={visible(path)}
              onClick={() => onShow(path, line > 0 ? line : undefined)}
              className="flex w-full min-w-0 items-baseline gap-2 rounded-lg px-2 py-1 text-left text-sm -outline-offset-2 hover:bg-muted"
            >
              <span className="truncate">{visible(path.slice(path.lastIndexOf("/") + 1))}</span>
              {active && <span className="shrink-0 text-xs text-muted-foreground">{line > 0 ? t("at line {line}", { line }) : t("in front")}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
