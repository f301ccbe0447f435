import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMe } from "@/api/queries/me";
import { ConnectionBadge } from "@/features/live/connection-badge";
import { Logo } from "./logo";
import { UserMenu } from "./user-menu";

export function Header() {
  const { user } = useMe();
  return (
    <header className="sticky top-0 z-30 border-b border-border bg-surface">
      <div className="mx-auto flex h-14 max-w-6xl items-center gap-2 px-4 sm:gap-6 sm:px-6">
        <Link to="/" className="flex items-center gap-2.5 rounded-lg font-semibold tracking-tight" aria-label="Kalpana, to your workspaces">
          <Logo />
          <span className="max-[22rem]:hidden">Kalpana</span>
        </Link>
        <nav aria-label="Main" className="flex items-center gap-1 text-sm">
          <NavLink to="/">Workspaces</NavLink>
          {user.admin && <NavLink to="/admin/invitations">Invitations</NavLink>}
        </nav>
        <div className="ml-auto flex items-center gap-2">
          <ConnectionBadge />
          <UserMenu />
        </div>
      </div>
    </header>
  );
}

function NavLink({ to, children }: { to: "/" | "/admin/invitations"; children: ReactNode }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: true }}
      className="rounded-lg px-2.5 py-1.5 text-muted-foreground transition-colors hover:bg-muted hover:text-foreground aria-[current=page]:font-medium aria-[current=page]:text-foreground"
    >
      {children}
    </Link>
  );
}
