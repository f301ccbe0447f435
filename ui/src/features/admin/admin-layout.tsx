import { Link, Outlet } from "@tanstack/react-router";
import { useMe } from "@/api/queries/me";
import { NotFound } from "@/components/layout/not-found";
import { msg, t } from "@/i18n/t";

const tabs = [
  { to: "/admin", name: msg("Overview") },
  { to: "/admin/users", name: msg("Users") },
  { to: "/admin/invitations", name: msg("Invitations") },
  { to: "/admin/workspaces", name: msg("Workspaces") },
  { to: "/admin/audit", name: msg("Audit log") },
] as const;

/** The pages of administrators, with the way between them. */
export function AdminLayout() {
  const { user } = useMe();
  // To others the pages are not there; the API refuses them anyway.
  if (!user.admin) return <NotFound />;
  return (
    <div className="grid grid-cols-1 gap-6">
      <nav aria-label={t("Administration")} className="-mx-1 flex gap-x-1 overflow-x-auto border-b border-border px-1 max-sm:flex-wrap">
        {tabs.map(({ to, name }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === "/admin" }}
            className="shrink-0 border-b-2 border-transparent px-2.5 py-2 text-sm text-muted-foreground -outline-offset-2 transition-colors hover:text-foreground aria-[current=page]:border-primary aria-[current=page]:font-medium aria-[current=page]:text-foreground"
          >
            {t(name)}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}
