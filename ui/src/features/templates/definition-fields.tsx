import { useMe } from "@/api/queries/me";
import type { Definition, Finding, PortVisibility, TemplatePort } from "@/api/types";
import { CodeEditor } from "@/components/code-editor/code-editor";
import { Section } from "@/components/layout/section";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";
import { msg, t } from "@/i18n/t";
import { ChipsField } from "./chips-field";
import { CommandField } from "./command-field";
import { visibilities } from "./definition";
import { FilesField } from "./files-field";
import { at, marksOf } from "./findings";
import { RowsField } from "./rows-field";

interface DefinitionFieldsProps {
  definition: Definition;
  findings: Finding[];
  onChange: (part: Partial<Definition>) => void;
}

const newPort: TemplatePort = { port: 3000, label: "", visibility: "owner", open: true };
const plainInput = { autoComplete: "off", autoCapitalize: "off", spellCheck: false } as const;

/** Every field of a definition, by subject. */
export function DefinitionFields({ definition, findings, onChange }: DefinitionFieldsProps) {
  const { features } = useMe();
  const flakeMarks = marksOf(at(findings, "flake"));
  return (
    <>
      <Section title={t("Tools")} description={t("What is installed in a workspace, besides what every workspace has.")}>
        <div className="grid grid-cols-1 gap-5">
          <ChipsField
            label={t("Packages")}
            name="packages"
            hint={t("Debian packages, without versions. The first start with a new list takes longer.")}
            placeholder={t("python3-venv postgresql-client")}
            values={definition.packages}
            findings={at(findings, "packages")}
            onChange={(packages) => onChange({ packages })}
          />
          <ChipsField
            label={t("Editor extensions")}
            name="extensions"
            hint={t("publisher.name, as the editor's marketplace calls them.")}
            placeholder={t("ms-python.python")}
            values={definition.extensions}
            findings={at(findings, "extensions")}
            onChange={(extensions) => onChange({ extensions })}
          />
          <Field label={t("Nix flake")} hint={t("Text of a flake.nix. Its default development shell is what terminals, tasks and the agent work in.")}>
            {(control) => (
              <CodeEditor {...control} {...(flakeMarks.some((m) => m.severity === "error") && { "aria-invalid": true })} language="nix" value={definition.flake} onChange={(flake) => onChange({ flake })} marks={flakeMarks} />
            )}
          </Field>
          {!features.nix && definition.flake.trim() !== "" && <Notice>{t("Nix is switched off on this server: workspaces start without the flake.")}</Notice>}
        </div>
      </Section>
      <Section title={t("Ports")} description={t("What its programs listen on, and who may open that.")}>
        <RowsField findings={findings} what="port" name="ports" items={definition.ports} blank={newPort} onChange={(ports) => onChange({ ports })}>
          {(port, change, number) => (
            <>
              <div className="grid grid-cols-1 gap-3 sm:grid-cols-[7rem_1fr_14rem]">
                <Field label={<Numbered text={t("Port")} what="port" number={number} />}>
                  {(control) => (
                    <Input {...control} type="number" min={1024} max={65535} value={port.port || ""} onChange={(e) => change({ port: Math.trunc(Number(e.target.value)) || 0 })} className="tabular-nums" />
                  )}
                </Field>
                <Field label={<Numbered text={t("Label")} what="port" number={number} />}>
                  {(control) => <Input {...control} value={port.label} onChange={(e) => change({ label: e.target.value })} maxLength={80} autoComplete="off" />}
                </Field>
                <Field label={<Numbered text={t("Who may open it")} what="port" number={number} />}>
                  {(control) => (
                    <Select {...control} value={port.visibility} onChange={(e) => change({ visibility: e.target.value as PortVisibility })}>
                      {Object.entries(visibilities).map(([value, text]) => (
                        <option key={value} value={value}>
                          {t(text)}
                        </option>
                      ))}
                    </Select>
                  )}
                </Field>
              </div>
              {port.visibility === "public" && <Notice variant="warning">{t("Everybody who knows the address can use what runs on it, without signing in.")}</Notice>}
              <Switch label={<Numbered text={t("Open it once something listens")} what="port" number={number} />} checked={port.open} onChange={(open) => change({ open })} />
            </>
          )}
        </RowsField>
      </Section>
      <Section title={t("Commands")} description={t("They run in the folder that the editor opens.")}>
        <div className="grid grid-cols-1 gap-5">
          <CommandField
            label={t("Set up")}
            hint={t("Runs once, after the first clone.")}
            placeholder={t("npm ci")}
            value={definition.setup}
            findings={at(findings, "setup")}
            onChange={(setup) => onChange({ setup })}
          />
          <CommandField
            label={t("At every start")}
            hint={t("Runs in the background each time the workspace starts.")}
            placeholder={t("npm run dev")}
            value={definition.start}
            findings={at(findings, "start")}
            onChange={(start) => onChange({ start })}
          />
        </div>
      </Section>
      <Section title={t("Tasks")} description={t("Commands that the editor offers under “Run Task”.")}>
        <RowsField findings={findings} what="task" name="tasks" items={definition.tasks} blank={{ label: "", command: "" }} onChange={(tasks) => onChange({ tasks })}>
          {(task, change, number) => (
            <div className="grid grid-cols-1 gap-3 sm:grid-cols-[12rem_1fr]">
              <Field label={<Numbered text={t("Label")} what="task" number={number} />}>
                {(control) => <Input {...control} value={task.label} onChange={(e) => change({ label: e.target.value })} maxLength={80} autoComplete="off" />}
              </Field>
              <Field label={<Numbered text={t("Command")} what="task" number={number} />}>
                {(control) => <Input {...control} {...plainInput} value={task.command} onChange={(e) => change({ command: e.target.value })} maxLength={4096} className="font-mono" />}
              </Field>
            </div>
          )}
        </RowsField>
      </Section>
      <Section title={t("Variables")} description={t("Environment variables of its workspaces. Everybody who uses the template can read the values here: of a secret only the name is kept, and each user gives a value in the settings.")}>
        <RowsField
          findings={findings}
          what="variable"
          name="variables"
          items={definition.variables}
          blank={{ name: "", description: "", value: "", secret: false, required: false }}
          onChange={(variables) => onChange({ variables })}
        >
          {(variable, change, number) => (
            <>
              <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
                <Field label={<Numbered text={t("Name")} what="variable" number={number} />}>
                  {(control) => <Input {...control} {...plainInput} value={variable.name} onChange={(e) => change({ name: e.target.value })} maxLength={64} placeholder={t("DATABASE_URL")} className="font-mono" />}
                </Field>
                {!variable.secret && (
                  <Field label={<Numbered text={t("Value")} what="variable" number={number} />}>
                    {(control) => <Input {...control} {...plainInput} value={variable.value} onChange={(e) => change({ value: e.target.value })} className="font-mono" />}
                  </Field>
                )}
              </div>
              <Field label={<Numbered text={t("Description")} what="variable" number={number} />}>
                {(control) => <Input {...control} value={variable.description} onChange={(e) => change({ description: e.target.value })} maxLength={500} autoComplete="off" />}
              </Field>
              <div className="flex flex-wrap gap-x-6 gap-y-3">
                <Switch
                  label={<Numbered text={t("Secret")} what="variable" number={number} />}
                  checked={variable.secret}
                  onChange={(secret) => change({ secret, ...(secret && { value: "" }) })}
                />
                <Switch label={<Numbered text={t("Required")} what="variable" number={number} />} checked={variable.required} onChange={(required) => change({ required })} />
              </div>
            </>
          )}
        </RowsField>
      </Section>
      <Section title={t("Files")} description={t("Written into a workspace that has no repository.")}>
        <FilesField files={definition.files} findings={findings} onChange={(files) => onChange({ files })} />
      </Section>
      <Section title={t("Guess")} description={t("A repository with one of these files at its top is taken to want this template.")}>
        <ChipsField
          label={t("File names")}
          name="match"
          hint={t("Names or patterns, such as *.csproj.")}
          placeholder={t("requirements.txt pyproject.toml")}
          values={definition.match}
          findings={at(findings, "match")}
          onChange={(match) => onChange({ match })}
        />
      </Section>
    </>
  );
}

const ofWhat = { port: msg("of port {number}"), task: msg("of task {number}"), variable: msg("of variable {number}") };

/** The label of a field in a row; which row it is in is said to those who cannot see it. */
function Numbered({ text, what, number }: { text: string; what: keyof typeof ofWhat; number: number }) {
  return (
    <>
      {text}
      <span className="sr-only">
        {" "}
        {t(ofWhat[what], { number })}
      </span>
    </>
  );
}
