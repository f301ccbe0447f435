import { type ReactNode, useEffect, useState } from "react";

/** Characters of code beyond which colours are left out: patterns can be slow on odd input. */
const codeLimit = 30_000;

/** The code with colours, once it is whole and its language's rules are loaded; null before and for languages without rules. */
export function useHighlighted(code: string, language: string, whole: boolean): ReactNode {
  const [shown, setShown] = useState<{ code: string; nodes: ReactNode } | null>(null);
  useEffect(() => {
    if (!whole || language === "" || code.length > codeLimit) return;
    let wanted = true;
    import("./highlighter").then(
      ({ highlight }) => wanted && setShown({ code, nodes: highlight(code, language) }),
      () => undefined, // colours cannot be loaded: the code is there all the same
    );
    return () => {
      wanted = false;
    };
  }, [code, language, whole]);
  return shown?.code === code ? shown.nodes : null;
}
