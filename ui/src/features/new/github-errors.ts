// What /auth/github/connect sends back as ?github_error=. An unknown word gets the general sentence.
const sentences: Record<string, string> = {
  denied: "You stopped it at GitHub, so nothing was changed. Connect again when you want to.",
  other_account: "You are connected to another account of GitHub. Sign in at GitHub as that one, and connect again.",
  account_taken: "That account of GitHub belongs to another user here. Sign in here with it, or sign in at GitHub as somebody else and connect again.",
  private_disabled: "Private repositories are switched off on this server. Connect for public ones only, or ask an administrator.",
  provider_error: "GitHub did not answer as expected. Try again in a moment; if it stays so, an administrator finds the cause in the server's log.",
  failed: "The connection could not be stored. Try again; an administrator finds the cause in the server's log.",
};

/** Why connecting to GitHub did not work, or undefined when nothing went wrong. */
export function connectError(code: string | undefined): string | undefined {
  return code && ((Object.hasOwn(sentences, code) && sentences[code]) || "Connecting GitHub did not work. Try again.");
}
