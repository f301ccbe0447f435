import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ArrowRight, Lock } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { Problem } from "@/api/problem";
import { repositoriesQuery } from "@/api/queries/github";
import type { GitHubRepository, GitHubStatus } from "@/api/types";
import { LoadError } from "@/components/layout/load-error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { repositoryName } from "@/features/repository/repository-name";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { ago } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { GitHubAccess } from "./github-access";
import { type Address, readAddress } from "./repo-address";
import { useDebounced } from "./use-debounced";

export type Place = Extract<Address, { kind: "github" | "git" }>;

interface RepositorySearchProps {
  github: GitHubStatus;
  /** Where to come back to from GitHub. */
  back: string;
  /** What is wrong with the repository a link asked for. */
  problem?: string;
  /** What the box begins with. */
  initial?: string;
  autoFocus: boolean;
  onChoose: (place: Place) => void;
}

const searchMs = 250;

/** One box for an address and for words, and the repositories that fit below it. */
export function RepositorySearch({ github, back, problem, initial = "", autoFocus, onChoose }: RepositorySearchProps) {
  const [typed, setTyped] = useState(initial);
  const [at, setAt] = useState(-1);
  const [missed, setMissed] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const address = readAddress(typed, github.url);
  const canSearch = github.enabled && github.connected && !github.problem;
  const words = useDebounced(searchWords(typed, address), searchMs);
  const found = useInfiniteQuery({ ...repositoriesQuery(words), enabled: canSearch, placeholderData: keepPreviousData });
  const repositories = canSearch ? (found.data?.pages.flatMap((page) => page.items) ?? []) : [];
  const exact = address.kind === "github" || address.kind === "git" ? address : undefined;
  const listed = repositories.filter((r) => exact?.kind !== "github" || r.fullName.toLowerCase() !== exact.fullName.toLowerCase());
  const options: Place[] = [...(exact ? [exact] : []), ...listed.map((r): Place => ({ kind: "github", fullName: r.fullName }))];
  // An address that was typed is what Enter takes; of a list, what was gone to.
  const current = at < 0 && exact ? 0 : at;

  const move = (to: number) => {
    const next = Math.max(0, Math.min(options.length - 1, to));
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 };
    const step = steps[event.key];
    if (step) move(current + step);
    else if (event.key === "Enter") {
      const chosen = options[current];
      if (chosen) onChoose(chosen);
      else setMissed(typed.trim() !== "");
    } else return;
    event.preventDefault();
  };
  const nothing = t("This is no address of a repository. One looks like owner/name or https://git.example.com/group/name.");
  const error = address.kind === "refused" ? address.why : missed ? nothing : typed === initial ? problem : undefined;
  return (
    <div className="grid grid-cols-1 gap-3">
      <Field label={t("Repository")} error={error} hint={t("Leave it empty for a workspace without code.")}>
        {(control) => (
          <Input
            {...control}
            role="combobox"
            tabIndex={0}
            autoFocus={autoFocus}
            aria-expanded={options.length > 0}
            aria-controls={`${id}-list`}
            aria-activedescendant={options[current] && `${id}-${current}`}
            aria-autocomplete="list"
            placeholder={canSearch ? t("Paste a repository address, or search yours") : t("Paste a repository address")}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              setAt(-1);
              setMissed(false);
            }}
            onKeyDown={onKeyDown}
          />
        )}
      </Field>
      <div className={cn("overflow-hidden rounded-lg border border-border bg-surface", options.length === 0 && "hidden")}>
        <div ref={list} id={`${id}-list`} role="listbox" aria-label={t("Repositories")} aria-busy={found.isPlaceholderData} className="max-h-80 divide-y divide-border overflow-y-auto">
          {exact && (
            <Option id={`${id}-0`} current={current === 0} onChoose={() => onChoose(exact)} onPoint={() => setAt(0)}>
              <span className="flex min-w-0 items-center gap-2 font-medium">
                <ArrowRight aria-hidden className="size-4 shrink-0 text-muted-foreground" />
                <span className="truncate">{t("Use {name}", { name: repositoryName(exact.kind === "github" ? exact.fullName : exact.url) })}</span>
              </span>
            </Option>
          )}
          {listed.map((repository, index) => {
            const n = index + (exact ? 1 : 0);
            return (
              <Option
                key={repository.fullName}
                id={`${id}-${n}`}
                current={n === current}
                onChoose={() => onChoose({ kind: "github", fullName: repository.fullName })}
                onPoint={() => setAt(n)}
              >
                <RepositoryRow repository={repository} />
              </Option>
            );
          })}
        </div>
        {found.hasNextPage && canSearch && (
          <div className="border-t border-border p-2 text-center">
            <Button variant="ghost" size="sm" busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {t("Show more")}
            </Button>
          </div>
        )}
      </div>
      {canSearch && found.isPending && <ListSkeleton />}
      {canSearch && found.isError && <SearchError error={found.error} onRetry={() => void found.refetch()} />}
      <p role="status" className="text-sm text-muted-foreground empty:hidden">
        {canSearch && found.isSuccess && repositories.length === 0 && !exact && nothingFound(words)}
      </p>
      <GitHubAccess github={github} back={back} />
    </div>
  );
}

/** What to search for: of an address on GitHub its name, of any other nothing. */
function searchWords(typed: string, address: Address): string {
  if (address.kind === "github") return address.fullName;
  return address.kind === "words" ? typed.trim().slice(0, 100) : "";
}

function nothingFound(words: string): string {
  return words ? t("None of your repositories has “{words}” in its name.", { words }) : t("You have no repositories on GitHub yet. Paste the address of any other.");
}

interface OptionProps {
  id: string;
  current: boolean;
  onChoose: () => void;
  onPoint: () => void;
  children: ReactNode;
}

function Option({ id, current, onChoose, onPoint, children }: OptionProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- keys go to the search field
    <div
      id={id}
      role="option"
      aria-selected={current}
      onClick={onChoose}
      onPointerMove={onPoint}
      className={cn("grid cursor-pointer grid-cols-1 gap-0.5 px-3.5 py-2.5 text-sm", current && "bg-muted")}
    >
      {children}
    </div>
  );
}

function RepositoryRow({ repository }: { repository: GitHubRepository }) {
  const now = useNow();
  const { fullName, description, pushedAt } = repository;
  return (
    <>
      <span className="flex min-w-0 items-center gap-2">
        <span title={fullName} className="truncate font-medium">
          {fullName}
        </span>
        {repository.private && (
          <Badge>
            <Lock aria-hidden className="size-3" /> {t("Private")}
          </Badge>
        )}
        {repository.archived && <Badge>{t("Archived")}</Badge>}
        {pushedAt && <span className="ml-auto shrink-0 pl-2 text-xs text-muted-foreground max-sm:hidden">{t("pushed {when}", { when: ago(pushedAt, now) })}</span>}
      </span>
      {description && <span className="truncate text-muted-foreground">{description}</span>}
    </>
  );
}

function ListSkeleton() {
  return (
    <div role="status" className="grid gap-3 rounded-lg border border-border p-4">
      <span className="sr-only">{t("Loading repositories")}</span>
      {["h-5 w-2/5", "h-5 w-3/5", "h-5 w-1/2"].map((width) => (
        <Skeleton key={width} className={width} />
      ))}
    </div>
  );
}

/** Not being connected any more is told by what GitHubAccess offers; the rest here. */
function SearchError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (error instanceof Problem && error.code === "github_not_connected") return null;
  return <LoadError error={error} onRetry={onRetry} />;
}
