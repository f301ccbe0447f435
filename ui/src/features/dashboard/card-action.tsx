import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useLayoutEffect, useRef } from "react";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { may } from "@/features/sharing/rights";
import { ordersOf } from "@/features/workspace/status";
import { useOrders } from "@/features/workspace/use-orders";
import { t } from "@/i18n/t";

interface CardActionProps {
  workspace: Workspace;
  /** With few words, for a table. */
  small?: boolean;
}

/** The one thing most people want to do with a workspace in this status, and may. */
export function CardAction({ workspace, small = false }: CardActionProps) {
  const { give, pending } = useOrders(workspace);
  const { id, name } = workspace;
  const starts = ordersOf(workspace).start;
  const box = useKeptFocus(starts);
  if (starts) {
    return (
      <span ref={box}>
        <Button variant="outline" size="sm" busy={pending === "start"} onClick={() => give("start")} aria-label={t("Start {name}", { name })}>
          {pending !== "start" && <Play aria-hidden />} {t("Start")}
        </Button>
      </span>
    );
  }
  const running = workspace.status === "RUNNING";
  const [text, label] = !may(workspace, "use")
    ? [t("Look inside"), t("Look inside {name}", { name })]
    : running || small
      ? [t("Open"), t("Open {name}", { name })]
      : [t("Show progress"), t("Show progress of {name}", { name })];
  return (
    <span ref={box}>
      <Button asChild size="sm" variant={running ? "primary" : "outline"}>
        <Link to="/w/$id" params={{ id }} aria-label={label}>
          {text}
        </Link>
      </Button>
    </span>
  );
}

/** Button and link take each other's place: the focus goes along. */
function useKeptFocus(which: boolean) {
  const box = useRef<HTMLSpanElement>(null);
  const had = useRef(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (had.current && document.activeElement === document.body) element?.querySelector<HTMLElement>("a, button")?.focus();
    const note = () => (had.current = element?.contains(document.activeElement) === true);
    note();
    document.addEventListener("focusin", note);
    return () => document.removeEventListener("focusin", note);
  }, [which]);
  return box;
}
