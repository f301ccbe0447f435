import { LoaderCircle } from "lucide-react";
import { cn } from "@/lib/cn";

/** Decoration: whatever waits says so in words, too. */
export function Spinner({ className }: { className?: string }) {
  return <LoaderCircle aria-hidden className={cn("size-4 animate-spin", className)} />;
}
