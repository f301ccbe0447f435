import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/i18n/t";

/** A link out of Kalpana. What is no web address stays text: others wrote it. */
export function WebLink({ href, children }: { href: string; children: ReactNode }) {
  if (!/^https?:\/\//i.test(href)) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" className="rounded text-link underline-offset-4 hover:underline">
      {children}
      <ExternalLink aria-hidden className="ml-1 inline size-3.5 align-[-0.125em]" />
      <span className="sr-only"> {t("(opens in a new tab)")}</span>
    </a>
  );
}
