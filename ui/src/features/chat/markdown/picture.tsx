import { ImageOff } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/i18n/t";
import { address, isPicture } from "./address";
import { useInsideLink } from "./link";

/**
 * A picture in a text. One from elsewhere is never loaded: to fetch it would tell that
 * host whatever the model was made to write into its address. A link stands for it.
 */
export function Picture({ src = "", alt = "" }: { src?: string; alt?: string }) {
  const inside = useInsideLink();
  if (isPicture(src)) return <img src={src} alt={alt || t("Picture without a description")} className="my-2 max-h-96 max-w-full rounded-lg border border-border" />;
  const target = address(src);
  const label = t("image: {text}", { text: alt.slice(0, 120) || t("without a description") });
  if (!target) return <Chip>{label}</Chip>;
  if (inside) return <Chip>{`${label} (${target.host})`}</Chip>;
  return (
    <a href={target.url} target="_blank" rel="noopener noreferrer" className="rounded text-link underline-offset-2 hover:underline">
      <Chip>
        {label} ({target.host})<span className="sr-only"> {t("(opens in a new tab)")}</span>
      </Chip>
    </a>
  );
}

function Chip({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1.5 rounded border border-border bg-muted px-1.5 align-middle text-sm [&>svg]:size-3.5 [&>svg]:shrink-0">
      <ImageOff aria-hidden />
      <span className="truncate">{children}</span>
    </span>
  );
}
