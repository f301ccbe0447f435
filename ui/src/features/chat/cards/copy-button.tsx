import { Check, Copy } from "lucide-react";
import { useRef } from "react";
import { Button } from "@/components/ui/button";
import { useCopy } from "@/components/ui/use-copy";
import { t } from "@/i18n/t";

/** Copies text; the label tells which to screen readers. Without a clipboard (plain HTTP) the text is put on the page's selection. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const button = useRef<HTMLButtonElement>(null);
  // The text stands beside the button in the next element.
  const select = () => {
    const beside = button.current?.parentElement?.nextElementSibling;
    if (beside) window.getSelection()?.selectAllChildren(beside);
  };
  const { copied, copy } = useCopy(text, select);
  return (
    <Button ref={button} variant="ghost" size="icon-sm" onClick={copy} title={label}>
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      <span className="sr-only" aria-live="polite">
        {copied ? t("Copied") : label}
      </span>
    </Button>
  );
}
