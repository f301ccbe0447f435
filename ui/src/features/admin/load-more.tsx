import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { t } from "@/i18n/t";

interface LoadMoreProps {
  busy: boolean;
  onMore: () => void;
}

/** The end of what is loaded of a long list: goes on when it comes near, and by a button. */
export function LoadMore({ busy, onMore }: LoadMoreProps) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = end.current;
    if (!element || busy) return;
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && onMore(), { rootMargin: "400px" });
    seen.observe(element);
    return () => seen.disconnect();
  }, [busy, onMore]);
  return (
    <div ref={end} className="flex justify-center py-4">
      <Button variant="outline" size="sm" busy={busy} onClick={onMore}>
        {t("Load more")}
      </Button>
    </div>
  );
}
