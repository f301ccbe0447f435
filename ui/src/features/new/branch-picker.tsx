import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Check, ChevronDown, GitBranch } from "lucide-react";
import { Popover } from "radix-ui";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { sentence } from "@/api/problem";
import { branchesQuery } from "@/api/queries/github";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input, inputClasses } from "@/components/ui/input";
import { t, tr } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { useDebounced } from "./use-debounced";

interface BranchPickerProps {
  /** Whose branches can be listed; undefined: the name has to be typed. */
  fullName: string | undefined;
  defaultBranch: string | undefined;
  /** "" = the repository's default. */
  value: string;
  onChange: (branch: string) => void;
}

/** Which branch is checked out. */
export function BranchPicker({ fullName, defaultBranch, value, onChange }: BranchPickerProps) {
  const [open, setOpen] = useState(false);
  if (fullName === undefined) {
    return (
      <Field label={t("Branch")} hint={t("Leave it empty for the repository's default.")}>
        {(control) => (
          <Input {...control} value={value} onChange={(e) => onChange(e.target.value)} maxLength={250} autoComplete="off" autoCapitalize="off" spellCheck={false} className="sm:max-w-80" />
        )}
      </Field>
    );
  }
  return (
    <Field label={t("Branch")}>
      {(control) => (
        <Popover.Root open={open} onOpenChange={setOpen}>
          <Popover.Trigger asChild>
            <button {...control} type="button" className={cn(inputClasses, "flex items-center gap-2 text-left hover:bg-muted sm:max-w-80")}>
              <GitBranch aria-hidden className="size-4 shrink-0 text-muted-foreground" />
              <bdi className="min-w-0 truncate" title={value || defaultBranch}>
                {value || defaultBranch || t("The default")}
              </bdi>
              {(!value || value === defaultBranch) && defaultBranch && <Badge>{t("default")}</Badge>}
              <ChevronDown aria-hidden className="ml-auto size-4 shrink-0 text-muted-foreground" />
            </button>
          </Popover.Trigger>
          <Popover.Portal>
            <Popover.Content
              align="start"
              sideOffset={6}
              collisionPadding={8}
              aria-label={t("Choose a branch")}
              className="z-50 flex max-h-[min(24rem,var(--radix-popover-content-available-height))] w-96 max-w-[calc(100vw-1rem)] flex-col gap-2 rounded-xl border border-border bg-surface p-2 text-sm shadow-lg data-[state=open]:animate-rise"
            >
              <BranchList
                fullName={fullName}
                defaultBranch={defaultBranch}
                value={value}
                onChoose={(branch) => {
                  setOpen(false);
                  onChange(branch === defaultBranch ? "" : branch);
                }}
              />
            </Popover.Content>
          </Popover.Portal>
        </Popover.Root>
      )}
    </Field>
  );
}

interface BranchListProps {
  fullName: string;
  defaultBranch: string | undefined;
  value: string;
  onChoose: (branch: string) => void;
}

function BranchList({ fullName, defaultBranch, value, onChoose }: BranchListProps) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const words = useDebounced(typed.trim(), 250);
  const found = useInfiniteQuery({ ...branchesQuery(fullName, words), placeholderData: keepPreviousData });
  const branches = found.data?.pages.flatMap((page) => page.items) ?? [];
  const settled = words === typed.trim() && !found.isFetching;
  // A tag, or a branch while the list cannot be had: what was typed can be taken as it is.
  const asTyped = typed.trim() !== "" && (settled || found.isError) && !branches.some((b) => b.name === typed.trim());
  const names = [...branches.map((b) => b.name), ...(asTyped ? [typed.trim()] : [])];
  const chosen = value || defaultBranch;
  const move = (to: number) => {
    const next = Math.max(0, Math.min(names.length - 1, to));
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = steps[event.key];
    const name = names[at];
    if (step) move(at + step);
    else if (event.key !== "Enter") return;
    else if (name !== undefined) onChoose(name);
    event.preventDefault();
  };
  return (
    <>
      <input
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={names[at] === undefined ? undefined : `${id}-${at}`}
        aria-label={t("Search branches")}
        placeholder={t("Search branches")}
        autoFocus
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className={cn(inputClasses, "shrink-0")}
      />
      <div ref={list} id={`${id}-list`} role="listbox" aria-label={t("Branches")} aria-busy={!settled} className="min-h-0 overflow-y-auto empty:hidden">
        {names.map((name, index) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- keys go to the search field
          <div
            key={name}
            id={`${id}-${index}`}
            role="option"
            aria-selected={name === chosen}
            onClick={() => onChoose(name)}
            onPointerMove={() => setAt(index)}
            className={cn("flex cursor-pointer items-center gap-2 rounded-lg px-2.5 py-1.5", index === at && "bg-muted")}
          >
            <span className="size-4 shrink-0">{name === chosen && <Check aria-hidden className="size-4" />}</span>
            <span className="min-w-0 truncate" title={name}>
              {asTyped && index === names.length - 1 ? tr("Use {name}", { name: <bdi>{name}</bdi> }) : <bdi>{name}</bdi>}
            </span>
            {name === defaultBranch && <Badge>{t("default")}</Badge>}
          </div>
        ))}
      </div>
      {found.hasNextPage && (
        <Button variant="ghost" size="sm" className="shrink-0" busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("Show more")}
        </Button>
      )}
      <p role="status" className="px-2 pb-1 text-muted-foreground empty:hidden">
        {found.isPending && t("Loading branches…")}
        {found.isError && t("{error} Type the name of a branch.", { error: sentence(found.error) })}
        {settled && found.isSuccess && branches.length === 0 && (words ? t("No branch has this in its name.") : t("This repository is empty: it has no branches yet."))}
      </p>
    </>
  );
}
