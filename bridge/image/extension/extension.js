// Tells the bridge which files the page shows and where the cursor is, when that changes.
// The bridge keeps it in memory and tells reviewers; see editorState in the protocol.
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

exports.activate = function activate(context) {
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
    { dispose: () => clearTimeout(timer) },
  );
  soon();
};
