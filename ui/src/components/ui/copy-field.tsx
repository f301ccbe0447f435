import { Check, Copy } from "lucide-react";
import { useRef } from "react";
import { t } from "@/i18n/t";
import { Button } from "./button";
import { Input } from "./input";
import { useCopy } from "./use-copy";

/** Text to take away. Without a clipboard (plain HTTP) it is selected instead. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const input = useRef<HTMLInputElement>(null);
  const { copied, copy } = useCopy(value, () => input.current?.select());
  return (
    <div className="flex gap-2">
      <Input ref={input} readOnly aria-label={label} value={value} onFocus={(e) => e.target.select()} className="font-mono" />
      <Button variant="outline" onClick={copy} aria-live="polite">
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
        {copied ? t("Copied") : t("Copy")}
      </Button>
    </div>
  );
}
