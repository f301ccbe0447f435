import {
  Activity, BookTemplate, Box, CirclePlus, Eye, Home, KeyRound, Languages, LogOut, type LucideIcon, Mail, Monitor, Moon, Play, ScrollText, Settings, Square, Sun, Users,
} from "lucide-react";
import type { Workspace, WorkspaceStatus } from "@/api/types";
import { may } from "@/features/sharing/rights";
import { ordersOf } from "@/features/workspace/status";
import { type Language, language, languages } from "@/i18n/language";
import { msg, t } from "@/i18n/t";
import type { Theme } from "@/theme/theme";

/** What commands do; given by the page they are chosen on. */
export interface Ways {
  go: (path: string) => void;
  start: (workspace: Workspace) => void;
  /** Asks first: programs end by it. */
  stop: (workspace: Workspace) => void;
  setTheme: (theme: Theme) => void;
  speak: (language: Language | undefined) => void;
  signOut: () => void;
}

export interface Command {
  /** The same for the same command on every visit. */
  id: string;
  group: "workspaces" | "pages" | "actions";
  title: string;
  words?: string;
  icon: LucideIcon;
  status?: WorkspaceStatus;
  /** Whose it is, where that is somebody else. */
  owner?: string;
  /** Found by searching, and not offered before: there is one for each workspace. */
  hidden?: boolean;
  run: () => void;
}

const sections: [anchor: string, title: string][] = [
  ["profile", msg("Profile")],
  ["password", msg("Password")],
  ["appearance", msg("Appearance")],
  ["github", msg("GitHub")],
  ["git", msg("Other Git hosts")],
  ["variables", msg("Variables and secrets")],
  ["agent", msg("Agent")],
  ["sessions", msg("Sessions")],
  ["tokens", msg("API tokens")],
];

const adminPages: [path: string, title: string, icon: LucideIcon][] = [
  ["/admin", msg("Overview"), Activity],
  ["/admin/users", msg("Users"), Users],
  ["/admin/workspaces", msg("Workspaces of all"), Box],
  ["/admin/invitations", msg("Invitations"), Mail],
  ["/admin/audit", msg("Audit log"), ScrollText],
];

const themes: [theme: Theme, title: string, icon: LucideIcon][] = [
  ["light", msg("Light colours"), Sun],
  ["dark", msg("Dark colours"), Moon],
  ["system", msg("Colours of the system"), Monitor],
];

/** All that can be done from everywhere, in the order it is offered. */
export function commands(workspaces: Workspace[], admin: boolean, ways: Ways): Command[] {
  const page = (path: string, title: string, icon: LucideIcon, words?: string): Command => ({ id: `go ${path}`, group: "pages", title, words, icon, run: () => ways.go(path) });
  return [
    ...workspaces.flatMap((workspace) => ofWorkspace(workspace, ways)),
    page("/new", t("New workspace"), CirclePlus, t("Create")),
    page("/", t("Workspaces"), Home),
    page("/templates", t("Templates"), BookTemplate),
    page("/settings", t("Settings"), Settings),
    ...sections.map(([anchor, title]) => page(`/settings#${anchor}`, t("Settings: {section}", { section: t(title) }), anchor === "tokens" ? KeyRound : Settings)),
    ...(admin ? adminPages.map(([path, title, icon]) => page(path, t("Administration: {page}", { page: t(title) }), icon)) : []),
    ...themes.map(([theme, title, icon]): Command => ({ id: `theme ${theme}`, group: "actions", title: t(title), words: t("Theme"), icon, run: () => ways.setTheme(theme) })),
    ...Object.entries(languages)
      .filter(([code]) => code !== language)
      .map(([code, name]): Command => ({ id: `language ${code}`, group: "actions", title: t("Language: {name}", { name }), icon: Languages, run: () => ways.speak(code as Language) })),
    { id: "sign-out", group: "actions", title: t("Sign out"), icon: LogOut, run: ways.signOut },
  ];
}

function ofWorkspace(workspace: Workspace, ways: Ways): Command[] {
  const { id, name, status } = workspace;
  const orders = ordersOf(workspace);
  const opens = may(workspace, "use");
  const owner = workspace.right && workspace.right !== "owner" ? workspace.owner?.name : undefined;
  const found: Command[] = [
    { id: `open ${id}`, group: "workspaces", title: name, words: t("Open"), icon: opens ? Box : Eye, status, owner, run: () => ways.go(opens ? `/w/${id}` : `/w/${id}/review`) },
  ];
  if (orders.start) found.push({ id: `start ${id}`, group: "actions", title: t("Start {name}", { name }), icon: Play, hidden: true, run: () => ways.start(workspace) });
  if (orders.stop) found.push({ id: `stop ${id}`, group: "actions", title: t("Stop {name}", { name }), icon: Square, hidden: true, run: () => ways.stop(workspace) });
  return found;
}
