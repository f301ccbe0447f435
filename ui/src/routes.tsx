import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Problem } from "./api/problem";
import { meKey, meQuery } from "./api/queries/me";
import { Crash } from "./components/layout/crash";
import { NotFound } from "./components/layout/not-found";
import { PageLayout } from "./components/layout/page-layout";
import { DashboardPage } from "./features/dashboard/dashboard-page";
import { SignedIn } from "./features/live/signed-in";
import { isPage, returnPath } from "./lib/return-path";
import { Root } from "./root";

interface Context {
  cache: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: Crash,
});

async function signedIn({ cache }: Context): Promise<boolean> {
  try {
    await cache.ensureQueryData(meQuery);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return false;
    throw error;
  }
}

/** The named parameters of a query that are there; unknown ones are dropped. */
function pick<Name extends string>(search: Record<string, unknown>, ...names: Name[]): { [key in Name]?: string } {
  const found: { [key in Name]?: string } = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === "string" && value !== "") found[name] = value;
  }
  return found;
}

/** Login pages are for those who are not signed in; others go where they wanted to. */
async function passSignedIn(cache: QueryClient, wanted: string | undefined): Promise<void> {
  if (cache.getQueryState(meKey)?.status === "error" || !(await signedIn({ cache }))) return;
  const path = returnPath(wanted);
  if (isPage(path)) throw redirect({ href: path, replace: true });
  window.location.replace(path);
}

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Record<string, unknown>) => pick(search, "return", "error"),
  beforeLoad: ({ context, search }) => passSignedIn(context.cache, search.return),
  component: lazyRouteComponent(() => import("./features/auth/login-page"), "LoginPage"),
});

const signup = createRoute({
  getParentRoute: () => root,
  path: "/signup",
  validateSearch: (search: Record<string, unknown>) => pick(search, "return", "invitation"),
  beforeLoad: ({ context, search }) => passSignedIn(context.cache, search.return),
  component: lazyRouteComponent(() => import("./features/auth/signup-page"), "SignupPage"),
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ context, location }) => {
    if (!(await signedIn(context))) {
      const wanted = returnPath(location.href);
      throw redirect({ to: "/login", search: { return: wanted === "/" ? undefined : wanted }, replace: true });
    }
  },
  component: SignedIn,
});

const workspace = createRoute({
  getParentRoute: () => app,
  path: "/w/$id",
  component: lazyRouteComponent(() => import("./features/workspace/workspace-page"), "WorkspacePage"),
});

const review = createRoute({
  getParentRoute: () => app,
  path: "/w/$id/review",
  component: lazyRouteComponent(() => import("./features/review/review-page"), "ReviewPage"),
});

const pages = createRoute({ getParentRoute: () => app, id: "pages", component: PageLayout });

const workspaceSettings = createRoute({
  getParentRoute: () => pages,
  path: "/w/$id/settings",
  component: lazyRouteComponent(() => import("./features/workspace-settings/settings-page"), "WorkspaceSettingsPage"),
});

const dashboard = createRoute({ getParentRoute: () => pages, path: "/", component: DashboardPage });

const newWorkspace = createRoute({
  getParentRoute: () => pages,
  path: "/new",
  validateSearch: (search: Record<string, unknown>) => pick(search, "repo", "branch", "template", "github_error"),
  component: lazyRouteComponent(() => import("./features/new/new-page"), "NewPage"),
});

const templates = createRoute({
  getParentRoute: () => pages,
  path: "/templates",
  component: lazyRouteComponent(() => import("./features/templates/templates-page"), "TemplatesPage"),
});

const template = createRoute({
  getParentRoute: () => pages,
  path: "/templates/$id",
  component: lazyRouteComponent(() => import("./features/templates/template-page"), "TemplatePage"),
});

const settings = createRoute({
  getParentRoute: () => pages,
  path: "/settings",
  component: lazyRouteComponent(() => import("./features/settings/settings-page"), "SettingsPage"),
});

const admin = createRoute({
  getParentRoute: () => pages,
  path: "/admin",
  component: lazyRouteComponent(() => import("./features/admin/admin-layout"), "AdminLayout"),
});

const overview = createRoute({
  getParentRoute: () => admin,
  path: "/",
  component: lazyRouteComponent(() => import("./features/admin/overview-page"), "OverviewPage"),
});

const users = createRoute({
  getParentRoute: () => admin,
  path: "/users",
  component: lazyRouteComponent(() => import("./features/admin/users-page"), "UsersPage"),
});

const invitations = createRoute({
  getParentRoute: () => admin,
  path: "/invitations",
  component: lazyRouteComponent(() => import("./features/admin/invitations-page"), "InvitationsPage"),
});

const workspaces = createRoute({
  getParentRoute: () => admin,
  path: "/workspaces",
  component: lazyRouteComponent(() => import("./features/admin/workspaces-page"), "WorkspacesPage"),
});

const audit = createRoute({
  getParentRoute: () => admin,
  path: "/audit",
  validateSearch: (search: Record<string, unknown>) => pick(search, "query", "action", "user", "since", "until"),
  component: lazyRouteComponent(() => import("./features/admin/audit-page"), "AuditPage"),
});

export const routeTree = root.addChildren([
  login,
  signup,
  app.addChildren([workspace, review, pages.addChildren([dashboard, newWorkspace, templates, template, settings, workspaceSettings, admin.addChildren([overview, users, invitations, workspaces, audit])])]),
]);
