import { useMemo, useState } from "react";
import type { Definition, Finding } from "@/api/types";
import { CodeEditor } from "@/components/code-editor/code-editor";
import { jsonLines, lineOf, readPath } from "@/components/code-editor/json-lines";
import type { Mark } from "@/components/code-editor/types";
import { t } from "@/i18n/t";
import { NotADefinition, readDefinition } from "./definition";
import { pathOf } from "./findings";

interface JsonViewProps {
  definition: Definition;
  findings: Finding[];
  /** Undefined while the text is no definition: the last one that was stays. */
  onChange: (definition: Definition | undefined) => void;
}

/** The whole definition as text. */
export function JsonView({ definition, findings, onChange }: JsonViewProps) {
  const [text, setText] = useState(() => JSON.stringify(definition, null, 2));
  const lines = useMemo(() => jsonLines(text), [text]);
  const fault = useMemo(() => faultOf(text), [text]);
  const change = (now: string) => {
    setText(now);
    onChange(definitionOf(now));
  };
  const marks: Mark[] = fault
    ? [{ line: fault.line || lineOf(lines, readPath(fault.field)), column: fault.column, message: fault.message, severity: "error" }]
    : findings.map((finding) => placed(finding, lineOf(lines, pathOf(finding))));
  return (
    <CodeEditor
      aria-label={t("Definition as JSON")}
      language="json"
      lines={24}
      value={text}
      onChange={change}
      marks={marks}
      {...(marks.some((m) => m.severity === "error") && { "aria-invalid": true })}
    />
  );
}

/** The place within a text of several lines is told in words: in JSON it is one line. */
function placed({ line, column, message, severity }: Finding, jsonLine: number): Mark {
  return { line: jsonLine, column: 0, severity, message: line > 0 ? t("{message} (at {line}:{column} of the text)", { message, line, column }) : message };
}

function faultOf(text: string): NotADefinition | undefined {
  try {
    readDefinition(text);
    return undefined;
  } catch (error) {
    if (error instanceof NotADefinition) return error;
    throw error;
  }
}

function definitionOf(text: string): Definition | undefined {
  return faultOf(text) ? undefined : readDefinition(text);
}
