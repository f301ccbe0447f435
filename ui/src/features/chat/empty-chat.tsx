import { BookOpen, Bug, Rocket } from "lucide-react";
import { msg, t } from "@/i18n/t";

const suggestions = [
  { icon: BookOpen, title: msg("Get to know it"), text: msg("Read this project and explain how it is built, how it is run and where to begin reading.") },
  { icon: Rocket, title: msg("Run it"), text: msg("Install what this project needs, start its development server and open the preview.") },
  { icon: Bug, title: msg("Mend it"), text: msg("Run the tests. If some fail, find out why and fix the cause.") },
];

/** What a chat without messages shows. A suggestion goes into the input, to be changed and sent. */
export function EmptyChat({ onChoose }: { onChoose: (text: string) => void }) {
  return (
    <div className="grid content-center gap-5 py-8">
      <div className="grid gap-1">
        <p className="text-base font-semibold">{t("What should be done?")}</p>
        <p className="text-muted-foreground">
          {t("The agent reads, edits and runs things in this workspace. You see every step, it asks first where you want that, and every turn can be undone.")}
        </p>
      </div>
      <ul className="grid gap-2">
        {suggestions.map(({ icon: Icon, title, text }) => (
          <li key={title}>
            <button
              type="button"
              onClick={() => onChoose(t(text))}
              className="flex w-full items-start gap-3 rounded-xl border border-border bg-surface px-3.5 py-3 text-left shadow-card transition-colors hover:bg-muted"
            >
              <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
              <span className="grid min-w-0">
                <span className="font-medium">{t(title)}</span>
                <span className="text-muted-foreground">{t(text)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
