import { language } from "@/i18n/language";
import { msg, t } from "@/i18n/t";
import { duration } from "@/lib/format";

/** What the server's English sentence says, for those who read another language. */
const sentences: Record<string, string> = {
  admin_required: msg("Only administrators may do this."),
  body_too_large: msg("This is too large to be sent. Make it smaller and try again."),
  body_not_kept: msg("It cannot be sent again: not all of it was kept."),
  budget_exhausted: msg("The budget is used up. Days begin anew at midnight (UTC); an administrator can raise limits."),
  conflict: msg("It was changed at the same time. Reload it and try again."),
  forbidden: msg("You may not do this. Ask an administrator."),
  internal_error: msg("Something went wrong here. Try again; an administrator finds the cause in the log."),
  invalid_credentials: msg("Email or password is wrong."),
  last_admin: msg("The last administrator stays one. Make somebody else an administrator first."),
  no_fix: msg("The server can do nothing about this by itself. What helps is said beside it."),
  not_found: msg("There is no such thing, or it is not yours. Reload the page to see what there is."),
  not_running: msg("The workspace does not run. Start it and try again."),
  own_account: msg("Nobody can lock themselves out here. Ask another administrator."),
  port_unreachable: msg("Nothing answered on the port. See whether the program runs, then try again."),
  ports_exhausted: msg("Every pair of ports is in use. Stop a workspace and try again."),
  quota_exceeded: msg("You have as many as you may have. Delete one you no longer need, or ask an administrator for more."),
  rate_limited: msg("Too many attempts. Wait a moment and try again."),
  request_timeout: msg("The answer took too long. Try again in a moment."),
  right_required: msg("The workspace is shared with you, but not for this. Ask its owner."),
  runtime_unavailable: msg("The container engine does not answer. An administrator finds out more with kalpana doctor."),
  too_late: msg("The workspace is being deleted already."),
  unauthorized: msg("You are not signed in any more. Sign in again."),
  user_not_found: msg("Nobody here has this email address. Invite them first."),
  validation_failed: msg("Something you gave cannot be accepted. Look at what is marked and try again."),
  workspace_deleting: msg("The workspace is being deleted."),
  workspace_unreachable: msg("The workspace does not answer. If this stays so, whoever may edit it can restart it."),
};

/**
 * The page's own sentence for a problem, where it has a better one than the server:
 * another language, or how long to wait (retryAfter, in seconds). Else undefined.
 */
export function ownSentence(code: string, retryAfter: number): string | undefined {
  if (code === "rate_limited" && retryAfter > 0) return t("Too many attempts. Try again in {time}.", { time: duration(retryAfter) });
  const known = language !== "en" && Object.hasOwn(sentences, code) ? sentences[code] : undefined;
  return known && t(known);
}
