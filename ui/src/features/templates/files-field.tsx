import { Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Finding } from "@/api/types";
import { CodeEditor } from "@/components/code-editor/code-editor";
import type { Language } from "@/components/code-editor/tokens";
import type { Mark } from "@/components/code-editor/types";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { t } from "@/i18n/t";
import { cn } from "@/lib/cn";
import { at, marksOf } from "./findings";

interface FilesFieldProps {
  files: Record<string, string>;
  findings: Finding[];
  /** Absent: to read only. */
  onChange?: (files: Record<string, string>) => void;
}

/** Text files by path, each to unfold. */
export function FilesField({ files, findings, onChange }: FilesFieldProps) {
  const [added, setAdded] = useState<string>();
  const paths = Object.keys(files);
  return (
    <div className="grid grid-cols-1 gap-3">
      <ul className="divide-y divide-border rounded-lg border border-border empty:hidden">
        {paths.map((path) => (
          <FileItem
            key={path}
            path={path}
            text={files[path] ?? ""}
            marks={marksOf(at(findings, "files", path))}
            unfolded={path === added}
            onChange={onChange && ((text) => onChange({ ...files, [path]: text }))}
            onRemove={() => onChange?.(Object.fromEntries(Object.entries(files).filter(([name]) => name !== path)))}
          />
        ))}
      </ul>
      {onChange && (
        <AddFile
          taken={paths}
          onAdd={(path) => {
            setAdded(path);
            onChange({ ...files, [path]: "" });
          }}
        />
      )}
    </div>
  );
}

interface FileItemProps {
  path: string;
  text: string;
  marks: Mark[];
  unfolded: boolean;
  onChange?: (text: string) => void;
  onRemove: () => void;
}

function FileItem({ path, text, marks, unfolded, onChange, onRemove }: FileItemProps) {
  const [open, setOpen] = useState(unfolded);
  return (
    <li>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className={cn("cursor-pointer rounded-lg px-4 py-2.5 font-mono text-sm break-all md:text-[0.8125rem]", marks.length > 0 && "text-danger-text")}>
          {path}
          {marks.length > 0 && <span className="sr-only"> {t("(has a problem)")}</span>}
        </summary>
        {open && (
          <div className="grid grid-cols-1 gap-3 px-4 pb-4">
            <CodeEditor aria-label={t("Text of {path}", { path })} language={languageOf(path)} value={text} readOnly={!onChange} onChange={onChange} lines={4} marks={marks} />
            {onChange && (
              <div>
                <Button variant="outline" size="sm" onClick={onRemove} aria-label={t("Remove {path}", { path })}>
                  <Trash2 aria-hidden /> {t("Remove file")}
                </Button>
              </div>
            )}
          </div>
        )}
      </details>
    </li>
  );
}

function AddFile({ taken, onAdd }: { taken: string[]; onAdd: (path: string) => void }) {
  const [path, setPath] = useState("");
  const [fault, setFault] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = path.trim();
    if (wanted === "") return setFault(t("Give the file a path."));
    if (taken.includes(wanted)) return setFault(t("There is such a file already."));
    setFault(undefined);
    setPath("");
    onAdd(wanted);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Field label={t("New file")} hint={t("Its path in the workspace.")} error={fault}>
        {(control) => (
          <div className="flex gap-2">
            <Input {...control} value={path} onChange={(e) => setPath(e.target.value)} placeholder={t("src/main.py")} maxLength={200} autoComplete="off" autoCapitalize="off" spellCheck={false} className="max-w-sm font-mono" />
            <Button type="submit" variant="outline">
              <Plus aria-hidden /> {t("Add")}
            </Button>
          </div>
        )}
      </Field>
    </form>
  );
}

function languageOf(path: string): Language {
  if (path.endsWith(".nix")) return "nix";
  return path.endsWith(".json") ? "json" : "text";
}
