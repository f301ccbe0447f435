import { X } from "lucide-react";
import { useState } from "react";
import type { SetShare } from "@/api/queries/shares";
import type { Share, ShareRight } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { t } from "@/i18n/t";
import { day, exact } from "@/lib/format";
import { EditWarning } from "./edit-warning";
import { EndOptions } from "./end-options";
import { endAfter } from "./ends";
import { givable, shareRights } from "./rights";

interface ShareRowProps {
  share: Share;
  onChange: (change: SetShare) => void;
  onEnd: () => void;
}

const kept = "kept";

/** One person, what they may do and until when. Changes count at once; the right to edit is asked about. */
export function ShareRow({ share, onChange, onEnd }: ShareRowProps) {
  const { name, email, right, until } = share;
  const [asking, setAsking] = useState(false);
  const who = name || email;
  const set = (change: Partial<Pick<SetShare, "right" | "until">>) => onChange({ email, right, ...(until && { until }), ...change });
  const choose = (wanted: ShareRight) => (wanted === "edit" && right !== "edit" ? setAsking(true) : (setAsking(false), set({ right: wanted })));
  return (
    <li className="grid grid-cols-1 gap-3 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 max-sm:basis-[calc(100%-3rem)]">
          <p title={who} className="truncate text-sm font-medium">
            {who}
          </p>
          {name && (
            <p title={email} className="truncate text-sm text-muted-foreground">
              {email}
            </p>
          )}
        </div>
        <Select aria-label={t("What {who} may do", { who })} className="w-32 max-sm:order-1 max-sm:w-full" value={asking ? "edit" : right} onChange={(e) => choose(e.target.value as ShareRight)}>
          {givable.map((value) => (
            <option key={value} value={value}>
              {t(shareRights[value].name)}
            </option>
          ))}
        </Select>
        <Select
          aria-label={t("How long {who} may", { who })}
          className="w-46 max-sm:order-1 max-sm:w-full"
          title={until ? exact(until) : undefined}
          value={until ? kept : ""}
          onChange={(e) => e.target.value !== kept && set({ until: endAfter(e.target.value) })}
        >
          {until && <option value={kept}>{t("Until {date}", { date: day(until) })}</option>}
          <EndOptions />
        </Select>
        <Button variant="ghost" size="icon-sm" aria-label={t("Stop sharing with {who}", { who })} onClick={onEnd}>
          <X aria-hidden />
        </Button>
      </div>
      {asking && (
        <EditWarning who={who}>
          <div className="mt-2.5 flex flex-wrap gap-2">
            <Button
              size="sm"
              onClick={() => {
                setAsking(false);
                set({ right: "edit" });
              }}
            >
              {t("Let them edit")}
            </Button>
            <Button size="sm" variant="outline" onClick={() => setAsking(false)}>
              {t("Cancel")}
            </Button>
          </div>
        </EditWarning>
      )}
    </li>
  );
}
