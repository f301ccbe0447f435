import { useQuery } from "@tanstack/react-query";
import { Check, ChevronDown } from "lucide-react";
import { Popover } from "radix-ui";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { sentence } from "@/api/problem";
import { modelsQuery } from "@/api/queries/agent";
import { Button } from "@/components/ui/button";
import { inputClasses } from "@/components/ui/input";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { price, tokens } from "./amounts";
import { findModels, modelName } from "./model-search";
import type { Model } from "./types";

interface ModelSelectProps {
  /** "" = the default. */
  value: string;
  onChange: (id: string) => void;
}

/** Which model answers, with a search: there may be hundreds. */
export function ModelSelect({ value, onChange }: ModelSelectProps) {
  const models = useQuery(modelsQuery);
  const [open, setOpen] = useState(false);
  const name = modelName(models.data, value);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button variant="ghost" size="sm" aria-label={t("Model: {name}", { name })} className="h-7 min-w-0 shrink gap-1 px-2 text-xs text-muted-foreground">
          <span className="truncate">{name}</span>
          <ChevronDown aria-hidden className="size-3.5!" />
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          side="top"
          sideOffset={6}
          collisionPadding={8}
          aria-label={t("Choose a model")}
          className="z-50 flex max-h-[min(28rem,var(--radix-popover-content-available-height))] w-96 max-w-[calc(100vw-1rem)] flex-col gap-2 rounded-xl border border-border bg-surface p-2 text-sm shadow-lg data-[state=open]:animate-rise"
        >
          {models.data ? (
            <ModelList
              models={models.data}
              value={value}
              onChoose={(id) => {
                setOpen(false);
                if (id !== value) onChange(id);
              }}
            />
          ) : (
            <p className="p-2 text-muted-foreground">{models.isError ? sentence(models.error) : t("Loading models…")}</p>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface ModelListProps {
  models: Model[];
  value: string;
  onChoose: (id: string) => void;
}

function ModelList({ models, value, onChoose }: ModelListProps) {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = findModels(models, words);
  const move = (to: number) => {
    const next = Math.max(0, Math.min(found.length - 1, to));
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = steps[event.key];
    if (step) move(at + step);
    else if (event.key === "Enter" && found[at]) onChoose(found[at].id);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={found[at] && `${id}-${at}`}
        aria-label={t("Search models")}
        placeholder={t("Search models")}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className={cn(inputClasses, "shrink-0")}
      />
      <div ref={list} id={`${id}-list`} role="listbox" aria-label={t("Models")} className="min-h-0 overflow-y-auto">
        {found.map((model, index) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- keys go to the search field
          <div
            key={model.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={isChosen(model, value)}
            onClick={() => onChoose(model.id)}
            onPointerMove={() => setAt(index)}
            className={cn("flex cursor-pointer items-start gap-2 rounded-lg px-2.5 py-1.5", index === at && "bg-muted")}
          >
            <span className="mt-0.5 size-4 shrink-0">{isChosen(model, value) && <Check aria-hidden className="size-4" />}</span>
            <span className="grid min-w-0">
              <span className="truncate font-medium">{model.name}</span>
              <span className="text-xs text-muted-foreground">{describe(model)}</span>
            </span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="px-2 pb-2 text-muted-foreground">{t("No model has these words.")}</p>}
      <p className="shrink-0 px-2 text-xs text-muted-foreground">{t("Prices are per million tokens.")}</p>
    </>
  );
}

function isChosen(model: Model, value: string): boolean {
  return value === "" ? model.default : model.id === value;
}

function describe(model: Model): string {
  return [
    price(model.promptPrice, model.completionPrice),
    model.contextTokens > 0 && t("{tokens} context", { tokens: tokens(model.contextTokens) }),
    model.images && t("sees pictures"),
    model.reasoning && t("thinks"),
    !model.tools && t("cannot use tools"),
    model.default && t("default"),
  ]
    .filter(Boolean)
    .join(" · ");
}
