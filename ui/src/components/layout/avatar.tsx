import { useState } from "react";
import type { Account } from "@/api/types";

/** The user's picture, or the first letter where there is none that may be shown. */
export function Avatar({ user }: { user: Account }) {
  const [broken, setBroken] = useState(false);
  if (user.avatarUrl && !broken) {
    return <img src={user.avatarUrl} alt="" onError={() => setBroken(true)} className="size-7 rounded-full bg-muted" />;
  }
  const [letter = "?"] = (user.name || user.email || "?").trim();
  return (
    <span aria-hidden className="grid size-7 place-items-center rounded-full bg-primary text-xs font-semibold text-primary-foreground uppercase">
      {letter}
    </span>
  );
}
