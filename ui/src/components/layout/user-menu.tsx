import { Link } from "@tanstack/react-router";
import { LogOut, Settings } from "lucide-react";
import { toast } from "@/lib/toast";
import { useLogout } from "@/api/queries/login";
import { useMe } from "@/api/queries/me";
import { sentence } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Menu, MenuHeading, MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";
import { t } from "@/i18n/t";
import { Avatar } from "./avatar";

export function UserMenu() {
  const { user } = useMe();
  const logout = useLogout();
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={t("Account")} className="rounded-full">
          <Avatar user={user} />
        </Button>
      }
    >
      <MenuHeading>
        <span className="block truncate font-medium" title={user.name}>
          {user.name || t("You")}
        </span>
        {user.email && (
          <span className="block truncate text-muted-foreground" title={user.email}>
            {user.email}
          </span>
        )}
      </MenuHeading>
      <MenuSeparator />
      <MenuItem asChild>
        <Link to="/settings">
          <Settings aria-hidden /> {t("Settings")}
        </Link>
      </MenuItem>
      <MenuItem onSelect={() => logout.mutate(undefined, { onError: (e) => toast.error(sentence(e)) })}>
        <LogOut aria-hidden /> {t("Sign out")}
      </MenuItem>
    </Menu>
  );
}
