import { type ComponentProps, useEffect, useImperativeHandle, useLayoutEffect, useRef } from "react";
import { cn } from "@/lib/cn";

/** A field that grows with its text until it scrolls. */
export function AutoTextarea({ className, ref, value, ...rest }: ComponentProps<"textarea">) {
  const field = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(ref, () => field.current as HTMLTextAreaElement);
  useLayoutEffect(() => fit(field.current), [value]);
  useEffect(() => {
    const el = field.current;
    if (!el) return;
    // Lines break elsewhere in another width; hidden it has none at all.
    let width = el.clientWidth;
    const watch = new ResizeObserver(() => {
      if (el.clientWidth === width) return;
      width = el.clientWidth;
      fit(el);
    });
    watch.observe(el);
    return () => watch.disconnect();
  }, []);
  return (
    <textarea
      ref={field}
      value={value}
      rows={1}
      // 16 px on small screens: iOS zooms into anything smaller.
      className={cn("max-h-[40dvh] w-full resize-none bg-transparent text-base text-foreground outline-none placeholder:text-muted-foreground md:text-sm", className)}
      {...rest}
    />
  );
}

function fit(el: HTMLTextAreaElement | null): void {
  if (!el || el.clientWidth === 0) return;
  el.style.height = "0";
  el.style.height = `${el.scrollHeight}px`;
}
