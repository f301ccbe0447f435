import { useEffect, useState } from "react";

const shownMs = 2500;

/** Copies text and knows for a moment that it did. Calls select where there is no clipboard (plain HTTP). */
export function useCopy(text: string, select: () => void) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      select();
    }
  };
  return { copied, copy };
}
