import { KeyRound } from "lucide-react";
import type { Provider } from "@/api/types";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";
import { GitHubMark } from "./github-mark";

interface ProviderButtonsProps {
  providers: Provider[];
  /** Carried through the provider's pages and back. */
  params: { return?: string; invitation?: string };
}

export function ProviderButtons({ providers, params }: ProviderButtonsProps) {
  const entries = Object.entries(params).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const query = entries.length > 0 ? `?${new URLSearchParams(entries)}` : "";
  return (
    <div className="grid gap-2">
      {providers.map((provider) => (
        <Button key={provider.id} asChild variant="outline">
          <a href={provider.url + query}>
            {provider.id === "github" ? <GitHubMark /> : <KeyRound aria-hidden />}
            <span className="truncate">{t("Continue with {name}", { name: provider.name })}</span>
          </a>
        </Button>
      ))}
    </div>
  );
}

/** The line between the ways to sign in. */
export function Or() {
  return (
    <div className="flex items-center gap-3 text-xs text-muted-foreground">
      <span className="h-px flex-1 bg-border" />
      {t("or")}
      <span className="h-px flex-1 bg-border" />
    </div>
  );
}
