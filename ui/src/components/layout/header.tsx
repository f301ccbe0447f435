import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMe } from "@/api/queries/me";
import { ConnectionBadge } from "@/features/live/connection-badge";
import { OfflineBanner } from "@/features/live/offline-banner";
import { PaletteButton } from "@/features/palette/palette-button";
import { t } from "@/i18n/t";
import { Logo } from "./logo";
import { UserMenu } from "./user-menu";

export function Header() {
  const { user } = useMe();
  return (
    <header className="sticky top-0 z-30 border-b border-border bg-surface">
      <div className="mx-auto flex h-14 max-w-6xl items-center gap-1 px-2.5 sm:gap-6 sm:px-6">
        <Link to="/" className="flex items-center gap-2.5 rounded-lg font-semibold tracking-tight" aria-label={t("Kalpana, to your workspaces")}>
          <Logo />
          <span className="max-sm:hidden">{t("Kalpana")}</span>
        </Link>
        <nav aria-label={t("Main")} className="flex min-w-0 items-center overflow-x-auto text-sm sm:gap-1">
          <NavLink to="/">{t("Workspaces")}</NavLink>
          <NavLink to="/templates">{t("Templates")}</NavLink>
          {user.admin && <NavLink to="/admin">{t("Admin")}</NavLink>}
        </nav>
        <div className="ml-auto flex shrink-0 items-center gap-1 sm:gap-2">
          <ConnectionBadge />
          <PaletteButton />
          <UserMenu />
        </div>
      </div>
      <OfflineBanner />
    </header>
  );
}

function NavLink({ to, children }: { to: "/" | "/templates" | "/admin"; children: ReactNode }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === "/" }}
      className="shrink-0 rounded-lg px-1 py-1.5 -outline-offset-2 text-muted-foreground transition-colors hover:bg-muted hover:text-foreground sm:px-2.5 aria-[current=page]:font-medium aria-[current=page]:text-foreground"
    >
      {children}
    </Link>
  );
}
