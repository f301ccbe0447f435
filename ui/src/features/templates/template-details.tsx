import type { ReactNode } from "react";
import type { Template } from "@/api/types";
import { CodeEditor } from "@/components/code-editor/code-editor";
import { Section } from "@/components/layout/section";
import { Badge } from "@/components/ui/badge";
import { t } from "@/i18n/t";
import { withinText } from "./definition";
import { FilesField } from "./files-field";
import { TemplateHeader } from "./template-header";

/** All that is in a template, to read. */
export function TemplateDetails({ template }: { template: Template }) {
  const { description, definition } = template;
  const { packages, extensions, ports, tasks, variables, setup, start, files, flake, match } = definition;
  return (
    <div className="mx-auto max-w-3xl">
      <TemplateHeader template={template}>{description && <p className="text-muted-foreground">{description}</p>}</TemplateHeader>
      <div className="grid grid-cols-1 gap-6">
        <Section title={t("Contents")}>
          <dl className="grid grid-cols-1 gap-5 text-sm">
            <Entry title={t("Packages")} empty={packages.length === 0}>
              <Words words={packages} />
            </Entry>
            <Entry title={t("Editor extensions")} empty={extensions.length === 0}>
              <Words words={extensions} />
            </Entry>
            <Entry title={t("Ports")} empty={ports.length === 0}>
              <ul>
                {ports.map((port) => (
                  <li key={port.port}>
                    <span className="font-medium tabular-nums">{port.port}</span> {port.label && `${port.label} · `}
                    {withinText(port.visibility)}
                  </li>
                ))}
              </ul>
            </Entry>
            <Entry title={t("Set up, once")} empty={setup === ""}>
              <Command text={setup} />
            </Entry>
            <Entry title={t("At every start")} empty={start === ""}>
              <Command text={start} />
            </Entry>
            <Entry title={t("Tasks")} empty={tasks.length === 0}>
              <ul className="grid grid-cols-1 gap-2">
                {tasks.map((task) => (
                  <li key={task.label} className="grid grid-cols-1 gap-1">
                    {task.label}
                    <Command text={task.command} />
                  </li>
                ))}
              </ul>
            </Entry>
            <Entry title={t("Variables")} empty={variables.length === 0}>
              <ul className="grid grid-cols-1 gap-1">
                {variables.map((variable) => (
                  <li key={variable.name} className="break-words">
                    <code className="font-mono text-[0.8125rem]">
                      {variable.name}
                      {variable.value !== "" && `=${variable.value}`}
                    </code>{" "}
                    {variable.secret && <Badge>{t("Secret")}</Badge>} {variable.required && <Badge>{t("Required")}</Badge>}
                    {variable.description && <p className="text-muted-foreground">{variable.description}</p>}
                  </li>
                ))}
              </ul>
            </Entry>
            <Entry title={t("Guessed from")} empty={match.length === 0}>
              <Words words={match} />
            </Entry>
          </dl>
        </Section>
        {flake.trim() !== "" && (
          <Section title={t("Nix flake")}>
            <CodeEditor readOnly aria-label={t("Nix flake")} language="nix" value={flake} lines={4} />
          </Section>
        )}
        {Object.keys(files).length > 0 && (
          <Section title={t("Files")} description={t("Written into a workspace that has no repository.")}>
            <FilesField files={files} findings={[]} />
          </Section>
        )}
      </div>
    </div>
  );
}

function Entry({ title, empty, children }: { title: string; empty: boolean; children: ReactNode }) {
  return (
    <div className="grid grid-cols-1 gap-1 sm:grid-cols-[10rem_1fr] sm:gap-4">
      <dt className="font-medium">{title}</dt>
      <dd className="min-w-0">{empty ? <span className="text-muted-foreground">{t("None")}</span> : children}</dd>
    </div>
  );
}

function Words({ words }: { words: string[] }) {
  return (
    <ul className="flex flex-wrap gap-1.5">
      {words.map((word) => (
        <li key={word} className="max-w-full truncate rounded-md border border-border bg-muted px-2 py-px font-mono text-[0.8125rem]" title={word}>
          {word}
        </li>
      ))}
    </ul>
  );
}

function Command({ text }: { text: string }) {
  return <pre className="rounded-lg border border-border bg-muted px-3 py-2 font-mono text-[0.8125rem] break-words whitespace-pre-wrap">{text}</pre>;
}
