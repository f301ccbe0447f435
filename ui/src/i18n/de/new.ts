import type { Messages } from "../t";

export default {
  Branch: "Branch",
  "Leave it empty for the repository's default.": "Leer lassen für den Standard des Repositorys.",
  "The default": "Der Standard",
  default: "Standard",
  "Choose a branch": "Branch wählen",
  "Search branches": "Branches suchen",
  Branches: "Branches",
  "Show more": "Mehr anzeigen",
  "Loading branches…": "Branches werden geladen …",
  "{error} Type the name of a branch.": "{error} Gib den Namen eines Branches ein.",
  "No branch has this in its name.": "Kein Branch hat das im Namen.",
  "This repository is empty: it has no branches yet.": "Dieses Repository ist leer: Es hat noch keine Branches.",
  Private: "Privat",
  Archived: "Archiviert",
  "If this host wants a login, store it in the settings first.": "Falls dieser Host eine Anmeldung verlangt, hinterlege sie zuerst in den Einstellungen.",
  "A public repository can be cloned without being connected.": "Ein öffentliches Repository lässt sich auch ohne Verbindung klonen.",
  "Change {what}": "{what} ändern",
  "the repository": "Repository",
  "{asked} is called {name} now.": "{asked} heißt jetzt {name}.",
  "This repository is archived: it can be cloned, but nothing can be pushed to it.": "Dieses Repository ist archiviert: Es lässt sich klonen, aber nichts lässt sich dorthin pushen.",
  "{error} You can create the workspace nevertheless.": "{error} Du kannst den Arbeitsbereich trotzdem erstellen.",
  "GitHub shows you no repository {name}. It may be mistyped, private, renamed or deleted.":
    "GitHub zeigt dir kein Repository {name}. Vielleicht ist es vertippt, privat, umbenannt oder gelöscht.",
  "GitHub is not set up on this server, so there is nothing to search. Paste the address of a repository.":
    "GitHub ist auf diesem Server nicht eingerichtet, es gibt also nichts zu durchsuchen. Füge die Adresse eines Repositorys ein.",
  "Connect GitHub to search your repositories and to push to public ones. The address of a public one can be pasted without.":
    "Verbinde GitHub, um deine Repositorys zu durchsuchen und in öffentliche zu pushen. Die Adresse eines öffentlichen kannst du auch so einfügen.",
  "Connect GitHub": "GitHub verbinden",
  "Only public repositories: private ones are switched off on this server.": "Nur öffentliche Repositorys: Private sind auf diesem Server abgeschaltet.",
  "Only public repositories are shown. GitHub asks you before it lets Kalpana read and push to private ones.":
    "Es werden nur öffentliche Repositorys gezeigt. GitHub fragt dich, bevor Kalpana private lesen und dorthin pushen darf.",
  "Show private repositories": "Private Repositorys zeigen",
  "You stopped it at GitHub, so nothing was changed. Connect again when you want to.": "Du hast es bei GitHub abgebrochen, es wurde nichts geändert. Verbinde dich neu, wenn du möchtest.",
  "You are connected to another account of GitHub. Sign in at GitHub as that one, and connect again.":
    "Du bist mit einem anderen GitHub-Konto verbunden. Melde dich bei GitHub mit diesem an und verbinde dich neu.",
  "That account of GitHub belongs to another user here. Sign in here with it, or sign in at GitHub as somebody else and connect again.":
    "Dieses GitHub-Konto gehört hier jemand anderem. Melde dich hier damit an, oder melde dich bei GitHub mit einem anderen Konto an und verbinde dich neu.",
  "Private repositories are switched off on this server. Connect for public ones only, or ask an administrator.":
    "Private Repositorys sind auf diesem Server abgeschaltet. Verbinde dich nur für öffentliche, oder wende dich an einen Administrator.",
  "GitHub did not answer as expected. Try again in a moment; if it stays so, an administrator finds the cause in the server's log.":
    "GitHub hat nicht wie erwartet geantwortet. Versuche es gleich noch einmal; bleibt es dabei, steht die Ursache für Administratoren im Protokoll des Servers.",
  "The connection could not be stored. Try again; an administrator finds the cause in the server's log.":
    "Die Verbindung ließ sich nicht speichern. Versuche es noch einmal; die Ursache steht für Administratoren im Protokoll des Servers.",
  "Connecting GitHub did not work. Try again.": "GitHub ließ sich nicht verbinden. Versuche es noch einmal.",
  "Without a repository there is nothing to guess from: a blank workspace.": "Ohne Repository gibt es nichts zu erraten: ein leerer Arbeitsbereich.",
  "Only repositories on GitHub can be looked at before they are cloned: a blank workspace, unless you choose.":
    "Nur Repositorys auf GitHub lassen sich vor dem Klonen ansehen: ein leerer Arbeitsbereich, wenn du nichts wählst.",
  "Looking at the repository's files…": "Die Dateien des Repositorys werden angesehen …",
  "The repository's files are looked at when the workspace is made.": "Die Dateien des Repositorys werden beim Erstellen angesehen.",
  "More options": "Weitere Optionen",
  "Size, idle time, clone, Nix": "Größe, Leerlauf, Klon, Nix",
  "Size, idle time, Nix": "Größe, Leerlauf, Nix",
  Clone: "Klon",
  "Only the newest commit": "Nur der neueste Commit",
  "Quicker for big repositories. Older commits and other branches are missing until you fetch them.":
    "Schneller bei großen Repositorys. Ältere Commits und andere Branches fehlen, bis du sie holst.",
  Submodules: "Submodule",
  "Also the repositories it names as its parts.": "Auch die Repositorys, die es als seine Teile nennt.",
  "Large files": "Große Dateien",
  "Those that are kept with Git LFS.": "Jene, die mit Git LFS verwaltet werden.",
  "A Nix configuration of your own is switched off on this server.": "Eine eigene Nix-Konfiguration ist auf diesem Server abgeschaltet.",
  "A link brought you here and filled this in. Nothing is made until you press Create. What is in a repository can run programs in the workspace: go on only if you trust it.":
    "Ein Link hat dich hierher gebracht und das hier ausgefüllt. Es entsteht nichts, bevor du auf „Erstellen“ drückst. Was in einem Repository liegt, kann im Arbeitsbereich Programme ausführen: Mach nur weiter, wenn du ihm vertraust.",
  "You have {workspaces}, as many as you may. {link} to make room.": "Du hast {workspaces}, mehr sind nicht erlaubt. {link}, um Platz zu schaffen.",
  "Delete one you no longer need": "Lösche einen, den du nicht mehr brauchst",
  "The link asks for the template “{name}”. There is none, or it is not shared with you.": "Der Link verlangt die Vorlage „{name}“. Es gibt sie nicht, oder sie ist nicht für dich freigegeben.",
  "The workspace was not created. Look at what is marked above.": "Der Arbeitsbereich wurde nicht erstellt. Sieh dir an, was oben markiert ist.",
  "Choose another repository, or none, to go on.": "Wähle ein anderes Repository oder keins, um weiterzumachen.",
  "Create and start": "Erstellen und starten",
  "The link asks for this, which is no address of a repository. One looks like owner/name or https://git.example.com/group/name.":
    "Der Link verlangt dies, was keine Adresse eines Repositorys ist. Eine sieht so aus: owner/name oder https://git.example.com/group/name.",
  "New workspace": "Neuer Arbeitsbereich",
  "VS Code, a terminal and your code, on a machine of your own.": "VS Code, ein Terminal und dein Code, auf einer eigenen Maschine.",
  "Nix configuration": "Nix-Konfiguration",
  "The text of a flake.nix or of a shell.nix. It comes before those of the repository and of the template.":
    "Der Text einer flake.nix oder einer shell.nix. Er geht denen des Repositorys und der Vorlage vor.",
  "Nix reads it without a fault. Whether everything can be built shows at the start.": "Nix liest ihn fehlerfrei. Ob sich alles bauen lässt, zeigt sich beim Start.",
  "It cannot be checked right now. It is checked again when you create the workspace.": "Er lässt sich gerade nicht prüfen. Beim Erstellen wird er noch einmal geprüft.",
  "There is a name or a password in this address. Leave it out and store it in the settings, under Git hosts.":
    "In dieser Adresse steht ein Name oder ein Passwort. Lass es weg und hinterlege es in den Einstellungen unter Git-Hosts.",
  "Only addresses that begin with https:// can be cloned.": "Nur Adressen, die mit https:// beginnen, lassen sich klonen.",
  "This address names a host, but no repository on it.": "Diese Adresse nennt einen Host, aber kein Repository darauf.",
  "This address names no repository. One looks like owner/name.": "Diese Adresse nennt kein Repository. Eine sieht so aus: owner/name.",
  "Leave it empty for a workspace without code.": "Leer lassen für einen Arbeitsbereich ohne Code.",
  "Paste a repository address, or search yours": "Adresse eines Repositorys einfügen oder deine durchsuchen",
  "Paste a repository address": "Adresse eines Repositorys einfügen",
  Repositories: "Repositorys",
  "None of your repositories has “{words}” in its name.": "Keins deiner Repositorys hat „{words}“ im Namen.",
  "You have no repositories on GitHub yet. Paste the address of any other.": "Du hast noch keine Repositorys auf GitHub. Füge die Adresse irgendeines anderen ein.",
  "pushed {when}": "gepusht {when}",
  "Loading repositories": "Repositorys werden geladen",
} satisfies Messages;
