import { t } from "@/i18n/t";
import { OpenFile } from "./open-file";
import { useMore } from "./use-more";

const pathsAtFirst = 100;

export function PathList({ paths, note }: { paths: string[]; note?: string }) {
  const { shown, more } = useMore(paths, pathsAtFirst, "files");
  return (
    <>
      <ul className="max-h-80 overflow-auto px-3 py-2">
        {shown.map((path, n) => (
          // oxlint-disable-next-line react/no-array-index-key -- a list may name a path twice
          <li key={n}>
            <OpenFile path={path} className="min-h-6" />
          </li>
        ))}
        {paths.length === 0 && <li className="text-muted-foreground">{t("Nothing found.")}</li>}
        {note && <li className="text-muted-foreground">{note}</li>}
      </ul>
      {more}
    </>
  );
}
