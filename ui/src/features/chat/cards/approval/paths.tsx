import { t, tn } from "@/i18n/t";
import { visible } from "../visible";

interface PathsProps {
  paths: string[];
  /** How many there are, with those that are not here. */
  count: number;
}

/** Every path that a call is about, one a line. */
export function Paths({ paths, count }: PathsProps) {
  const more = count - paths.length;
  return (
    <div className="grid grid-cols-1 gap-1 text-xs">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
      <div role="region" aria-label={t("Paths")} tabIndex={0} className="max-h-48 overflow-auto text-muted-foreground -outline-offset-2">
        <ul>
          {paths.map((path, n) => (
            // oxlint-disable-next-line react/no-array-index-key -- the list never changes
            <li key={n} className="font-mono break-all whitespace-pre-wrap">
              {oneLine(path)}
            </li>
          ))}
        </ul>
      </div>
      {more > 0 && <p>{tn("and {n} more", "and {n} more", more)}</p>}
    </div>
  );
}

/** A path with a line break in its name must not read as two. */
function oneLine(path: string): string {
  return visible(path).replaceAll("\n", "<U+000A>").replaceAll("\t", "<U+0009>");
}
