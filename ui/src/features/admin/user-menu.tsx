import { Link } from "@tanstack/react-router";
import { Ban, Gauge, MoreHorizontal, ScrollText, ShieldCheck, ShieldOff, Undo2 } from "lucide-react";
import { useRef, useState } from "react";
import { toast } from "@/lib/toast";
import { sentence } from "@/api/problem";
import { useChangeUser } from "@/api/queries/admin";
import type { AdminUser } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";
import { t } from "@/i18n/t";
import { LimitsDialog } from "./limits-dialog";
import { RoleDialog } from "./role-dialog";
import { SuspendDialog } from "./suspend-dialog";

/** What an administrator can do about one account. */
export function UserMenu({ user }: { user: AdminUser }) {
  const [dialog, setDialog] = useState<"role" | "suspend" | "limits">();
  // Opened once the menu has closed: a dialog gives the focus back to where it was.
  const wanted = useRef<typeof dialog>(undefined);
  const change = useChangeUser(user.id);
  const who = user.name || user.email;
  const close = () => setDialog(undefined);
  const letIn = () =>
    change.mutate(
      { suspended: false },
      {
        onSuccess: () => toast.success(t("{who} can sign in again", { who })),
        onError: (error) => toast.error(t("{who} is still suspended", { who }), { description: sentence(error) }),
      },
    );
  return (
    <>
      <Menu
        onClosed={() => {
          setDialog(wanted.current);
          wanted.current = undefined;
        }}
        trigger={
          <Button variant="ghost" size="icon-sm" aria-label={t("Actions for {name}", { name: who })}>
            <MoreHorizontal aria-hidden />
          </Button>
        }
      >
        <MenuItem onSelect={() => (wanted.current = "limits")}>
          <Gauge aria-hidden /> {t("Limits…")}
        </MenuItem>
        <MenuItem asChild>
          <Link to="/admin/audit" search={{ user: user.id }}>
            <ScrollText aria-hidden /> {t("What they did")}
          </Link>
        </MenuItem>
        <MenuItem onSelect={() => (wanted.current = "role")}>
          {user.admin ? <ShieldOff aria-hidden /> : <ShieldCheck aria-hidden />}
          {user.admin ? t("Take the role away…") : t("Make administrator…")}
        </MenuItem>
        <MenuSeparator />
        {user.suspended ? (
          <MenuItem onSelect={letIn}>
            <Undo2 aria-hidden /> {t("Let in again")}
          </MenuItem>
        ) : (
          <MenuItem variant="danger" onSelect={() => (wanted.current = "suspend")}>
            <Ban aria-hidden /> {t("Suspend…")}
          </MenuItem>
        )}
      </Menu>
      {dialog === "limits" && <LimitsDialog user={user} onClose={close} />}
      {dialog === "role" && <RoleDialog user={user} onClose={close} />}
      {dialog === "suspend" && <SuspendDialog user={user} onClose={close} />}
    </>
  );
}
