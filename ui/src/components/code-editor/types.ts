import type { RefCallback } from "react";
import type { Language } from "./tokens";

/** A fault of the text at a line. Line and column count from 1; column 0 = the whole line, line 0 = the whole text. */
export interface Mark {
  line: number;
  column: number;
  message: string;
  severity: "error" | "warning";
}

export interface CodeEditorProps {
  value: string;
  onChange?: (value: string) => void;
  language: Language;
  marks?: Mark[];
  readOnly?: boolean;
  /** The least height, in lines; default 8. */
  lines?: number;
  maxLength?: number;
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}

export interface FieldProps extends CodeEditorProps {
  ref: RefCallback<HTMLTextAreaElement>;
}
