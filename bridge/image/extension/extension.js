// Tells the bridge which files the page shows and where the cursor is, when that changes,
// and shows the terminal when the bridge asks for it. The bridge keeps what it is told in
// memory and tells reviewers; see editorState and openEditor in the protocol.
"use strict";

const http = require("node:http");
const vscode = require("vscode");

// Where the bridge listens for programs of this container: no file, visible here only.
const bridge = "\0kalpana-bridge";
const maxFiles = 100;
// Less often than a cursor moves, more often than somebody who looks on minds.
const settleMillis = 300;

// uriOf is what a tab shows, if that is a file.
function uriOf(tab) {
  const input = tab.input;
  const uri = input && (input.uri ?? input.modified);
  return uri instanceof vscode.Uri && uri.scheme === "file" ? uri : undefined;
}

function state() {
  const active = vscode.window.activeTextEditor?.document.uri.toString();
  const editors = new Map(vscode.window.visibleTextEditors.map((e) => [e.document.uri.toString(), e]));
  if (active !== undefined) editors.set(active, vscode.window.activeTextEditor);
  const files = new Map();
  for (const group of vscode.window.tabGroups.all) {
    for (const tab of group.tabs) {
      const uri = uriOf(tab);
      const key = uri?.toString();
      if (key === undefined || files.has(key) || files.size === maxFiles) continue;
      const selection = editors.get(key)?.selection;
      files.set(key, {
        path: uri.fsPath,
        active: key === active,
        line: selection ? selection.active.line + 1 : 0,
        endLine: selection && !selection.isEmpty ? selection.end.line + 1 : 0,
      });
    }
  }
  // The bridge asks this socket whether the page is still there.
  return { socket: process.env.VSCODE_IPC_HOOK_CLI ?? "", files: [...files.values()] };
}

let told = "";

function tell() {
  const body = JSON.stringify(state());
  if (body === told) return;
  told = body;
  const request = http.request(
    { socketPath: bridge, path: "/editor/state", method: "PUT", headers: { "content-type": "application/json" }, timeout: 5000 },
    (answer) => answer.resume(),
  );
  request.on("timeout", () => request.destroy());
  request.on("error", () => (told = "")); // the next change tells it
  request.end(body);
}

// What the page can be told to do; anything else is of a newer bridge.
const orders = { terminal: () => vscode.commands.executeCommand("workbench.action.terminal.focus") };
const againMillis = 3000;

// next asks the bridge what to do, and waits for it: text, or nothing after a while.
function next(signal) {
  const socket = encodeURIComponent(process.env.VSCODE_IPC_HOOK_CLI ?? "");
  return new Promise((resolve, reject) => {
    const request = http.get({ socketPath: bridge, path: `/editor/order?socket=${socket}`, agent: false, timeout: 60_000, signal }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece) => (text += piece));
      answer.on("end", () => (answer.statusCode < 300 ? resolve(text) : reject(new Error(text))));
      answer.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", reject);
  });
}

async function obey(signal) {
  while (!signal.aborted) {
    try {
      await orders[await next(signal)]?.();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, againMillis)); // the bridge may come back
    }
  }
}

exports.activate = function activate(context) {
  const ended = new AbortController();
  void obey(ended.signal);
  let timer;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      tell();
    }, settleMillis);
  };
  context.subscriptions.push(
    vscode.window.onDidChangeActiveTextEditor(soon),
    vscode.window.onDidChangeTextEditorSelection(soon),
    vscode.window.onDidChangeVisibleTextEditors(soon),
    vscode.window.tabGroups.onDidChangeTabs(soon),
    vscode.window.onDidChangeWindowState(soon),
    { dispose: () => (clearTimeout(timer), ended.abort()) },
  );
  soon();
};
