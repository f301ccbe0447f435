// What /auth/github/connect sends back as ?github_error=. An unknown word gets the general sentence.
import { msg, t } from "@/i18n/t";

const sentences: Record<string, string> = {
  denied: msg("You stopped it at GitHub, so nothing was changed. Connect again when you want to."),
  other_account: msg("You are connected to another account of GitHub. Sign in at GitHub as that one, and connect again."),
  account_taken: msg("That account of GitHub belongs to another user here. Sign in here with it, or sign in at GitHub as somebody else and connect again."),
  private_disabled: msg("Private repositories are switched off on this server. Connect for public ones only, or ask an administrator."),
  provider_error: msg("GitHub did not answer as expected. Try again in a moment; if it stays so, an administrator finds the cause in the server's log."),
  failed: msg("The connection could not be stored. Try again; an administrator finds the cause in the server's log."),
};

/** Why connecting to GitHub did not work, or undefined when nothing went wrong. */
export function connectError(code: string | undefined): string | undefined {
  return code && t((Object.hasOwn(sentences, code) && sentences[code]) || msg("Connecting GitHub did not work. Try again."));
}
