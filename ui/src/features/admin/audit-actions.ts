import { msg, t } from "@/i18n/t";

/** What people call the acts that are recorded. One that is not here is shown by its own name. */
const names: Record<string, string> = {
  "session.login": msg("Signed in"),
  "session.logout": msg("Signed out"),
  "session.revoke": msg("Session ended"),
  "session.link": msg("Sign-in link made"),
  "account.signup": msg("Signed up"),
  "account.update": msg("Account changed"),
  "token.create": msg("Token made"),
  "token.revoke": msg("Token revoked"),
  "invitation.create": msg("Invited"),
  "invitation.delete": msg("Invitation removed"),
  "user.update": msg("User changed"),
  "health.fix": msg("Check mended"),
  "workspace.create": msg("Workspace created"),
  "workspace.update": msg("Workspace changed"),
  "workspace.start": msg("Workspace started"),
  "workspace.stop": msg("Workspace stopped"),
  "workspace.restart": msg("Workspace restarted"),
  "workspace.delete": msg("Workspace deleted"),
  "workspace.keep": msg("Deletion taken back"),
  "workspace.clone": msg("Cloned again"),
  "workspace.share": msg("Workspace shared"),
  "workspace.unshare": msg("Sharing ended"),
  "workspace.agent-rules": msg("Rules of the agent set"),
  "link.create": msg("Link made"),
  "link.delete": msg("Link ended"),
  "port.update": msg("Port changed"),
  "template.create": msg("Template created"),
  "template.update": msg("Template changed"),
  "template.delete": msg("Template deleted"),
  "template.publish": msg("Template published"),
  "template.try": msg("Template tried"),
  "github.connect": msg("GitHub connected"),
  "github.disconnect": msg("GitHub disconnected"),
  "gitcredential.set": msg("Git login set"),
  "gitcredential.delete": msg("Git login removed"),
  "variable.set": msg("Variable set"),
  "variable.delete": msg("Variable removed"),
  "agent.update": msg("Agent settings changed"),
  "agentkey.set": msg("Agent key set"),
  "agentkey.delete": msg("Agent key removed"),
  "chat.delete": msg("Chat deleted"),
  "audit.suppressed": msg("Records left out"),
};

/** What can be chosen: kinds, which begin several actions, before single ones. */
export const actionGroups: { value: string; name: string }[] = [
  { value: "session.", name: msg("Sign-ins and sessions") },
  { value: "user.", name: msg("Changes of users") },
  { value: "workspace.", name: msg("Everything about workspaces") },
  { value: "template.", name: msg("Everything about templates") },
];

export const knownActions = Object.keys(names);

export function actionName(action: string): string {
  const name = Object.hasOwn(names, action) ? names[action] : actionGroups.find((g) => g.value === action)?.name;
  return name ? t(name) : action;
}
