import { t } from "@/i18n/t";
import { OpenFile } from "./open-file";
import { fields, list, position, text } from "./shape";
import { useMore } from "./use-more";

interface Match {
  path: string;
  line?: number;
  text: string;
  /** It only stands near a match. */
  neighbour: boolean;
}

const matchesAtFirst = 100;

export function matchesOf(value: unknown): Match[] {
  return list(value).map((item) => {
    const match = fields(item);
    return { path: text(match.path, 1000), line: position(match.line), text: text(match.text, 500), neighbour: match.neighbour === true };
  });
}

/** What a search found, under the name of each file. */
export function Matches({ matches, note }: { matches: Match[]; note?: string }) {
  const { shown, more } = useMore(matches, matchesAtFirst, "lines");
  const files = grouped(shown);
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll area must be reachable by keyboard */}
      <div role="region" aria-label={t("Matches")} tabIndex={0} className="grid max-h-80 grid-cols-1 gap-2 overflow-auto px-3 py-2 -outline-offset-2">
        {files.map(([path, inFile], n) => (
          // oxlint-disable-next-line react/no-array-index-key -- the list never changes
          <div key={n}>
            <OpenFile path={path} className="min-h-6" />
            <ul className="font-mono text-xs leading-6">
              {inFile.map((match, i) => (
                // oxlint-disable-next-line react/no-array-index-key -- the list never changes
                <li key={i} className="flex gap-2">
                  <Place match={match} />
                  <span className={match.neighbour ? "truncate text-muted-foreground" : "truncate"}>{match.text}</span>
                </li>
              ))}
            </ul>
          </div>
        ))}
        {matches.length === 0 && <p className="text-muted-foreground">{t("Nothing found.")}</p>}
        {note && <p className="text-muted-foreground">{note}</p>}
      </div>
      {more}
    </>
  );
}

function Place({ match: { path, line, neighbour } }: { match: Match }) {
  const column = "min-h-6 w-12 shrink-0 text-right tabular-nums";
  if (line === undefined || neighbour) return <span className={`${column} text-muted-foreground`}>{line}</span>;
  return (
    <OpenFile path={path} line={line} className={column}>
      {line}
    </OpenFile>
  );
}

function grouped(matches: readonly Match[]): [string, Match[]][] {
  const groups: [string, Match[]][] = [];
  for (const match of matches) {
    const last = groups.at(-1);
    if (last && last[0] === match.path) last[1].push(match);
    else groups.push([match.path, [match]]);
  }
  return groups;
}
