import { Compass } from "lucide-react";
import { type FormEvent, type Ref, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Tooltip } from "@/components/ui/tooltip";
import { t } from "@/i18n/t";
import { type Place, readAddress } from "./address";

interface AddressBarProps {
  ref: Ref<HTMLInputElement>;
  vscodeUrl: string;
  place: Place;
  /** The page went elsewhere by itself since. */
  moved: boolean;
  onGo: (place: Place) => void;
}

/**
 * The path that was loaded last, to be changed. Where the page went from there is not
 * known: a page of another origin tells nobody.
 */
export function AddressBar({ ref, vscodeUrl, place, moved, onGo }: AddressBarProps) {
  const id = useId();
  const [typed, setTyped] = useState<string>();
  const [fault, setFault] = useState<string>();
  const [last, setLast] = useState(place);
  if (last.port !== place.port || last.path !== place.path) {
    // What was being typed was meant for another page.
    setLast(place);
    setTyped(undefined);
    setFault(undefined);
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = readAddress(typed ?? place.path, vscodeUrl, place.port);
    if (typeof found === "string") return setFault(found);
    setTyped(undefined);
    onGo(found);
  };
  const change = (text: string | undefined) => {
    setTyped(text);
    setFault(undefined);
  };
  const why = moved
    ? t("The page has gone on since to an address that it does not tell. This is the one that was loaded here.")
    : t("This is what was loaded here. Where links in the page lead to from there is not shown.");
  return (
    <form onSubmit={submit} noValidate className="relative min-w-0 flex-1">
      <Input
        ref={ref}
        aria-label={t("Address of the preview")}
        aria-invalid={fault ? true : undefined}
        aria-describedby={fault ? `${id}-fault` : `${id}-why`}
        value={typed ?? place.path}
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && change(undefined)}
        onFocus={(event) => event.target.select()}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        inputMode="url"
        className="h-8 pr-8 font-mono text-base md:text-xs"
      />
      <span id={`${id}-why`} className="sr-only">
        {why}
      </span>
      {moved && (
        <Tooltip text={why}>
          <Button variant="ghost" size="icon-sm" aria-label={t("The page has gone on")} aria-describedby={`${id}-why`} className="absolute top-1 right-1 size-6 text-muted-foreground">
            <Compass aria-hidden />
          </Button>
        </Tooltip>
      )}
      {fault && (
        <p id={`${id}-fault`} role="alert" className="absolute top-9 left-0 z-20 max-w-full rounded-lg border border-danger-border bg-danger-soft px-2.5 py-1.5 text-sm text-danger-text shadow-lg">
          {fault}
        </p>
      )}
    </form>
  );
}
