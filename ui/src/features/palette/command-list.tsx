import { Search } from "lucide-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { StatusBadge } from "@/features/workspace/status-badge";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import type { Command } from "./commands";
import { offer } from "./offer";
import { readRecent, remember } from "./recent";

interface CommandListProps {
  commands: Command[];
  /** More may come. */
  loading: boolean;
  onChoose: (command: Command) => void;
}

/** A search field, and below it what it finds; the keys stay in the field. */
export function CommandList({ commands, loading, onChoose }: CommandListProps) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const [recent] = useState(readRecent);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const offers = offer(commands, query, recent);
  const shown = offers.flatMap((o) => o.commands);
  const chosen = shown[Math.min(at, shown.length - 1)];
  const optionId = (command: Command) => `${id}-${shown.indexOf(command)}`;
  const choose = (command: Command) => {
    remember(command.id);
    onChoose(command);
  };
  const move = (to: number) => {
    const next = (to + shown.length) % shown.length;
    setAt(next);
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || shown.length === 0) return;
    const now = Math.min(at, shown.length - 1);
    if (event.key === "ArrowDown") move(now + 1);
    else if (event.key === "ArrowUp") move(now - 1);
    else if (event.key === "PageDown") move(Math.min(shown.length - 1, now + 8));
    else if (event.key === "PageUp") move(Math.max(0, now - 8));
    else if (event.key === "Enter" && chosen) choose(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div className="flex shrink-0 items-center gap-2.5 border-b border-border px-4">
        <Search aria-hidden className="size-4 shrink-0 text-muted-foreground" />
        <input
          role="combobox"
          aria-expanded={shown.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen && optionId(chosen)}
          aria-autocomplete="list"
          aria-label={t("Search workspaces, pages and commands")}
          placeholder={t("Search and commands")}
          autoFocus
          autoComplete="off"
          spellCheck={false}
          maxLength={100}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
            list.current?.scrollTo({ top: 0 });
          }}
          onKeyDown={onKeyDown}
          className="h-12 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-muted-foreground md:text-sm"
        />
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label={t("Commands")} aria-busy={loading} className="min-h-0 overflow-y-auto p-2 empty:hidden">
        {offers.map(({ title, commands: group }) => (
          <div key={title} role="group" aria-label={title} className="not-first:mt-2">
            <p aria-hidden className="px-2.5 py-1 text-xs font-medium text-muted-foreground">
              {title}
            </p>
            {group.map((command) => (
              <Option key={command.id} id={optionId(command)} command={command} chosen={command === chosen} onPoint={() => setAt(shown.indexOf(command))} onChoose={() => choose(command)} />
            ))}
          </div>
        ))}
      </div>
      <p role="status" className={cn("shrink-0 px-4.5 text-sm text-muted-foreground", shown.length > 0 && !loading ? "sr-only" : "py-4")}>
        {shown.length === 0 ? (loading ? t("Loading workspaces…") : t("Nothing has these words.")) : loading ? t("Loading workspaces…") : query.trim() !== "" && t("{n} found", { n: shown.length })}
      </p>
    </>
  );
}

interface OptionProps {
  id: string;
  command: Command;
  chosen: boolean;
  onPoint: () => void;
  onChoose: () => void;
}

function Option({ id, command: { icon: Icon, title, status, owner }, chosen, onPoint, onChoose }: OptionProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- keys go to the search field
    <div
      id={id}
      role="option"
      aria-selected={chosen}
      onClick={onChoose}
      onPointerMove={onPoint}
      className={cn("flex min-h-9 cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-sm", chosen && "bg-muted")}
    >
      <Icon aria-hidden className="size-4 shrink-0 text-muted-foreground" />
      <span className="min-w-0 truncate" title={title}>
        {title}
      </span>
      {owner && <span className="min-w-0 shrink-2 truncate text-xs text-muted-foreground">{t("of {owner}", { owner })}</span>}
      {status && (
        <span className="ml-auto shrink-0">
          <StatusBadge status={status} />
        </span>
      )}
    </div>
  );
}
