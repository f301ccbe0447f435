import type { Messages } from "../t";

export default {
  "You stopped the sign-in at the provider. Nothing was changed.": "Du hast die Anmeldung beim Anbieter abgebrochen. Es wurde nichts geändert.",
  "The sign-in provider's answer could not be used. Try again; an administrator finds the cause in the log.":
    "Mit der Antwort des Anbieters ließ sich nichts anfangen. Versuche es noch einmal; die Ursache steht für Administratoren im Protokoll.",
  "The sign-in provider does not answer. Try again in a moment.": "Der Anbieter antwortet nicht. Versuche es gleich noch einmal.",
  "New accounts need an invitation. Ask an administrator for a link.": "Für ein neues Konto braucht es eine Einladung. Bitte einen Administrator um einen Link.",
  "This invitation was used, withdrawn or is too old. Ask an administrator for a new link.":
    "Diese Einladung wurde benutzt, zurückgezogen oder ist zu alt. Bitte einen Administrator um einen neuen Link.",
  "This invitation is for another email address. Ask for one that is for yours.": "Diese Einladung gilt für eine andere E-Mail-Adresse. Bitte um eine für deine.",
  "There is an account with your email already. Sign in the way you did before.": "Mit deiner E-Mail-Adresse gibt es schon ein Konto. Melde dich so an wie bisher.",
  "This account is suspended. Ask an administrator.": "Dieses Konto ist gesperrt. Wende dich an einen Administrator.",
  "Signing in did not work. Try again.": "Die Anmeldung hat nicht geklappt. Versuche es noch einmal.",
  "Sign in": "Anmelden",
  "Sign in to Kalpana": "Bei Kalpana anmelden",
  "No account yet?": "Noch kein Konto?",
  "Create one": "Konto anlegen",
  "Continue with {name}": "Weiter mit {name}",
  or: "oder",
  "12 characters or more. A few words are easy to remember.": "Mindestens 12 Zeichen. Ein paar Wörter lassen sich leicht merken.",
  "Create account": "Konto anlegen",
  "Create an account": "Konto anlegen",
  "You are invited to Kalpana": "Du bist zu Kalpana eingeladen",
  "Create your account": "Lege dein Konto an",
  "Have an account?": "Schon ein Konto?",
  "New accounts are not possible here. Ask an administrator.": "Neue Konten sind hier nicht möglich. Wende dich an einen Administrator.",
} satisfies Messages;
