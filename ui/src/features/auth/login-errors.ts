// What /auth sends back as ?error=. An unknown word gets the general sentence.
const sentences: Record<string, string> = {
  provider_denied: "You stopped the sign-in at the provider. Nothing was changed.",
  provider_error: "The sign-in provider's answer could not be used. Try again; an administrator finds the cause in the log.",
  provider_unavailable: "The sign-in provider does not answer. Try again in a moment.",
  signup_closed: "New accounts need an invitation. Ask an administrator for a link.",
  invitation_invalid: "This invitation was used, withdrawn or is too old. Ask an administrator for a new link.",
  invitation_email: "This invitation is for another email address. Ask for one that is for yours.",
  email_taken: "There is an account with your email already. Sign in the way you did before.",
  suspended: "This account is suspended. Ask an administrator.",
};

export function loginError(code: string | undefined): string | undefined {
  return code && (sentences[code] ?? "Signing in did not work. Try again.");
}
