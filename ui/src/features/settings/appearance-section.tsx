import { Monitor, Moon, Sun } from "lucide-react";
import { Section } from "@/components/layout/section";
import { ChoiceCards } from "@/components/ui/choice-cards";
import { chooseLanguage, chosenLanguage, type Language, languages } from "@/i18n/language";
import { t } from "@/i18n/t";
import { setTheme, useTheme } from "@/theme/theme";

export function AppearanceSection() {
  const theme = useTheme();
  return (
    <Section anchor="appearance" title={t("Appearance")} description={t("For this browser.")}>
      <div className="grid max-w-md gap-5">
        <ChoiceCards
          label={t("Theme")}
          value={theme}
          onChange={setTheme}
          choices={[
            { value: "system", title: <><Monitor aria-hidden /> {t("System")}</> },
            { value: "light", title: <><Sun aria-hidden /> {t("Light")}</> },
            { value: "dark", title: <><Moon aria-hidden /> {t("Dark")}</> },
          ]}
        />
        <ChoiceCards
          label={t("Language")}
          value={chosenLanguage() ?? "system"}
          onChange={(chosen) => chooseLanguage(chosen === "system" ? undefined : chosen)}
          choices={[
            { value: "system", title: t("As the browser") },
            // Each by its own name, to be found by who does not read this one.
            ...Object.entries(languages).map(([value, name]) => ({ value: value as Language, title: <span lang={value}>{name}</span> })),
          ]}
        />
      </div>
    </Section>
  );
}
