// Runs code-server in one process. Its own entry point forks a wrapper that restarts
// the real server; the bridge does that already, and one Node less saves 23 MiB and a
// fifth of the start time. Uses code-server's modules `cli` and `main`, which are no
// public interface: hence the pinned version, and the test of the image.
"use strict";

const http = require("node:http");
const app = "/opt/code-server/node_modules/code-server/out/node";

// What the wrapper would have set.
process.env.CODE_SERVER_PARENT_PID = String(process.pid);
process.env.NODE_EXEC_PATH = process.execPath;

const { parse, readConfigFile, setDefaults } = require(app + "/cli");
const { runCodeServer } = require(app + "/main");

async function run() {
  const cli = parse(process.argv.slice(2));
  const args = await setDefaults(cli, await readConfigFile(cli.config));
  const server = await runCodeServer(args);

  let ending = false;
  function end() {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(0), 3000).unref();
    server.dispose().catch(() => {}).finally(() => process.exit(0));
  }
  process.on("SIGTERM", end);
  process.on("SIGINT", end);

  // The editor's server part loads at the first request: make it before the user does.
  http
    .get({ socketPath: args.socket, path: "/", headers: { host: "localhost" } }, (answer) => answer.resume())
    .on("error", () => {});
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
