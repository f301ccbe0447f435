import { CircleStop, Keyboard, SquareTerminal, TerminalSquare } from "lucide-react";
import { msg, t, tn } from "@/i18n/t";
import { useTerminal } from "../../chat-context";
import type { Call } from "../call";
import { CommandText } from "../command-text";
import { CardLine } from "../line";
import { OpenPort, isPort } from "../open-port";
import { seconds } from "../seconds";
import { fields, list, number, text, whole } from "../shape";
import { TerminalView } from "../terminal/terminal-view";
import type { ToolView } from "../tool-view";

const commandLimit = 8000;
const commandOf = ({ input, output }: Call) => text(input.command, commandLimit) || text(output.command, commandLimit);
const oneLine = (command: string) => command.replaceAll(/\s*\n\s*/g, " ⏎ ");

/** Exit code 0 goes without saying. */
function ending({ output }: Call) {
  const [code, signal] = [number(output.exitCode), text(output.signal, 20)];
  if (signal) return <span className="text-danger-text">{signal}</span>;
  if (code) return <span className="text-danger-text">{t("exit {code}", { code })}</span>;
  return output.running === true ? <span>{t("goes on")}</span> : undefined;
}

function outcome({ output }: Call): "failed" | "running" | undefined {
  if (output.running === true) return "running";
  return text(output.signal) !== "" || (number(output.exitCode) ?? 0) !== 0 ? "failed" : undefined;
}

export const runCommand: ToolView = {
  icon: SquareTerminal,
  label: msg("Run"),
  subject: (call) => text(call.input.description, 120) || oneLine(commandOf(call)),
  aside: (call) => (
    <>
      {ending(call)}
      {number(call.output.durationMs) !== undefined && <span>{seconds(number(call.output.durationMs) ?? 0)}</span>}
    </>
  ),
  outcome,
  Peek: ({ call }) => <Live call={call} small />,
  Unfinished: ({ call }) => (
    <div className="divide-y divide-border">
      <Command call={call} />
      <Live call={call} />
    </div>
  ),
  Body: ({ call }) => (
    <div className="divide-y divide-border">
      <Command call={call} />
      <TerminalView output={whole(call.output.output)} label={t("Output of {command}", { command: oneLine(commandOf(call)).slice(0, 80) })} />
      <Rest call={call} />
    </div>
  ),
};

function Command({ call }: { call: Call }) {
  const command = commandOf(call);
  if (command === "") return null;
  return (
    <div className="px-3 py-2">
      <CommandText command={command} cwd={text(call.output.cwd, 1000) || text(call.input.cwd, 1000)} />
    </div>
  );
}

/** What it prints while it runs. */
function Live({ call, small }: { call: Call; small?: boolean }) {
  const output = useTerminal(call.id);
  if (output === "" || call.progress !== "running") return null;
  return <TerminalView output={output} label={t("Output of {command}", { command: oneLine(commandOf(call)).slice(0, 80) })} small={small} />;
}

function Rest({ call: { output } }: { call: Call }) {
  const omitted = number(output.omittedBytes) ?? 0;
  const ports = list(output.ports, 8)
    .map((item) => number(fields(item).port))
    .filter(isPort);
  return (
    <>
      {omitted > 0 && <CardLine>{tn("{n} byte in the middle of the output is left out.", "{n} bytes in the middle of the output are left out.", omitted)}</CardLine>}
      {ports.length > 0 && (
        <div className="flex flex-wrap gap-2 px-3 py-2">
          {ports.map((port, n) => (
            // oxlint-disable-next-line react/no-array-index-key -- the list never changes
            <OpenPort key={n} port={port} />
          ))}
        </div>
      )}
    </>
  );
}

const process = (call: Call) => oneLine(text(call.output.command, commandLimit)) || t("process {id}", { id: text(call.input.processId, 40) });

function ProcessOutput({ call }: { call: Call }) {
  return <TerminalView output={whole(call.output.output)} label={t("Output of {command}", { command: process(call).slice(0, 80) })} />;
}

export const readProcess: ToolView = { icon: TerminalSquare, label: msg("Look at"), subject: process, aside: ending, outcome, Body: ProcessOutput };

export const writeProcess: ToolView = {
  icon: Keyboard,
  label: msg("Type"),
  subject: ({ input }) => JSON.stringify(text(input.input)),
  aside: ending,
  outcome,
  Body: ProcessOutput,
};

export const stopProcess: ToolView = {
  icon: CircleStop,
  label: msg("Stop"),
  subject: process,
  aside: ({ output }) => text(output.signal, 20) || undefined,
  Body: ({ call }) => <CardLine>{call.output.running === true ? t("It still runs.") : t("It runs no more.")}</CardLine>,
};
