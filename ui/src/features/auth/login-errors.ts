// What /auth sends back as ?error=. An unknown word gets the general sentence.
import { msg, t } from "@/i18n/t";

const sentences: Record<string, string> = {
  provider_denied: msg("You stopped the sign-in at the provider. Nothing was changed."),
  provider_error: msg("The sign-in provider's answer could not be used. Try again; an administrator finds the cause in the log."),
  provider_unavailable: msg("The sign-in provider does not answer. Try again in a moment."),
  signup_closed: msg("New accounts need an invitation. Ask an administrator for a link."),
  invitation_invalid: msg("This invitation was used, withdrawn or is too old. Ask an administrator for a new link."),
  invitation_email: msg("This invitation is for another email address. Ask for one that is for yours."),
  email_taken: msg("There is an account with your email already. Sign in the way you did before."),
  suspended: msg("This account is suspended. Ask an administrator."),
};

export function loginError(code: string | undefined): string | undefined {
  return code && t(sentences[code] ?? msg("Signing in did not work. Try again."));
}
