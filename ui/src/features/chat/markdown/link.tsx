import { type ReactNode, createContext, isValidElement, useContext } from "react";
import { Tooltip } from "@/components/ui/tooltip";
import { t } from "@/i18n/t";
import { OpenFile } from "../cards/open-file";
import { address, misleads } from "./address";
import { filePath } from "./file-path";

const InsideLink = createContext(false);

/** What would be a link or a button elsewhere is neither inside a link. */
export const useInsideLink = () => useContext(InsideLink);

/**
 * A link of the model's. It shows its host on hover and focus, and at once when its text
 * names another one. What may not be opened is text.
 */
export function Link({ href, children }: { href?: string; children?: ReactNode }) {
  const target = address(href);
  const inside = <InsideLink value>{children}</InsideLink>;
  if (!target) {
    const file = href ? filePath(decoded(href)) : null;
    return file ? <OpenFile {...file}>{inside}</OpenFile> : <>{children}</>;
  }
  return (
    <>
      <Tooltip text={t("Opens {host} in a new tab", { host: target.host })}>
        <a href={target.url} target="_blank" rel="noopener noreferrer" className="text-link underline underline-offset-2 break-words hover:decoration-2">
          {inside}
          <span className="sr-only"> {t("(opens {host} in a new tab)", { host: target.host })}</span>
        </a>
      </Tooltip>
      {misleads(textOf(children), target) && <span className="text-muted-foreground"> ({target.host})</span>}
    </>
  );
}

function decoded(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}

function textOf(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(textOf).join("");
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : "";
}
