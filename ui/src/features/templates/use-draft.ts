import { useState } from "react";
import type { Template } from "@/api/types";
import { changesOf, type Draft, draftOf } from "./draft";

/** What is being edited of a template, and whether it differs from what is saved. */
export function useDraft(template: Template) {
  const [base, setBase] = useState(template);
  const [draft, setDraft] = useState(() => draftOf(template));
  /** Changes whenever the whole draft is replaced. */
  const [revision, setRevision] = useState(0);
  const changes = changesOf(draft, base);
  const dirty = Object.keys(changes).length > 0;
  const replace = (saved: Template, now = draftOf(saved)) => {
    setBase(saved);
    setDraft(now);
    setRevision((n) => n + 1);
  };
  // Saved elsewhere: taken over, unless there are changes here that would be lost.
  if (template !== base && !dirty && Object.keys(changesOf(draft, template)).length > 0) replace(template);
  return {
    draft,
    changes,
    dirty,
    revision,
    /** Somebody saved a version after the one that is edited. */
    outdated: dirty && template.version > base.version,
    /** The version the draft began as. */
    version: base.version,
    change: (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part })),
    /** Puts other content in the editor, not saved yet. */
    load: (definition: Draft["definition"]) => replace(base, { ...draft, definition }),
    discard: () => replace(template),
    /** What was sent is saved, perhaps tidied by the server; what was typed meanwhile stays. */
    saved: (now: Template, sent: Draft) => {
      setBase(now);
      setDraft((shown) => (shown === sent ? draftOf(now) : shown));
    },
  };
}
