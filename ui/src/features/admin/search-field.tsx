import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { Input } from "@/components/ui/input";
import { useDebounced } from "@/features/new/use-debounced";
import { cn } from "@/lib/cn";

interface SearchFieldProps {
  label: string;
  placeholder?: string;
  /** What it begins with. */
  initial?: string;
  /** Called once somebody paused typing. */
  onSearch: (words: string) => void;
  className?: string;
}

/** Words to look for. */
export function SearchField({ label, placeholder, initial = "", onSearch, className }: SearchFieldProps) {
  const [text, setText] = useState(initial);
  const settled = useDebounced(text.trim(), 250);
  useEffect(() => onSearch(settled), [settled, onSearch]);
  return (
    <span className={cn("relative block", className)}>
      <Search aria-hidden className="pointer-events-none absolute top-2.5 left-3 size-4 text-muted-foreground" />
      <Input type="search" aria-label={label} placeholder={placeholder ?? label} value={text} onChange={(e) => setText(e.target.value)} maxLength={100} autoComplete="off" className="pl-9" />
    </span>
  );
}
