#!/bin/sh
# Copies what a workspace runs out of the build stage and drops the rest:
# 617 MB of node_modules become 187 MB.
#
# usage: prune.sh <node_modules with code-server> <node_modules with node and npm> <out>
set -eu

from=$1
boot=$2
out=$3
app=$out/opt/code-server
case "$(uname -m)" in aarch64) arch=arm64 ;; *) arch=x64 ;; esac

mkdir -p "$app/bin" "$app/node_modules" "$out/usr/local/bin" "$out/usr/local/lib/node_modules"
cp -a "$from/." "$app/node_modules/"
cp "$boot/node-linux/bin/node" "$app/bin/node"
strip --strip-all "$app/bin/node"

# node and npm for the user, without a second copy of either.
cp -a "$boot/npm" "$out/usr/local/lib/node_modules/npm"
ln -s /opt/code-server/bin/node "$out/usr/local/bin/node"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$out/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$out/usr/local/bin/npx"

cd "$app/node_modules"
vscode=code-server/lib/vscode
[ -d "$vscode/extensions" ] || { echo "prune: $vscode/extensions is missing: code-server is laid out differently now" >&2; exit 1; }

# The page tries again when a part of it did not load; see retry.html.
page=$vscode/out/vs/code/browser/workbench/workbench.html
sed -i '/<head>/r /retry.html' "$page"
grep -q kalpana.retries "$page" || { echo "prune: $page has no <head>: code-server's page is another now" >&2; exit 1; }

# Files nothing reads at run time: source maps, build leftovers, other platforms' programs.
find . -name '*.map' -type f -delete
find . -type d \( -name obj.target -o -name obj -o -name .deps \) -path '*/build/*' -prune -exec rm -rf {} +
find . -type f ! -path '*/extensions/*' \( -name '*.pdb' -o -name '*.exe' -o -name '*.dll' \
	-o -name '*.cc' -o -name '*.cpp' -o -name '*.hpp' -o -name '*.gyp' -o -name '*.gypi' -o -name '*.o' -o -name '*.a' \
	-o -name '*.mk' -o -name Makefile -o -name 'CHANGELOG*' -o -name '*.d.ts' \) -delete
find "$vscode/node_modules/@vscode/ripgrep-universal/bin" -mindepth 1 -maxdepth 1 ! -name "linux-$arch" -exec rm -rf {} +
(
	cd "$vscode/node_modules"
	rm -rf node-pty/prebuilds/win32* node-pty/prebuilds/darwin* node-pty/third_party node-pty/deps node-pty/src \
		@vscode/sqlite3/deps @vscode/sqlite3/src cpu-features/deps nan kerberos/deps
)

# The vendor's assistant and its helpers: the product brings its own agent, and two
# processes with 100 MiB of memory go.
rm -rf "$vscode/extensions/copilot" "$vscode/node_modules/@github/copilot-sdk" "$vscode"/node_modules/@github/copilot-sdk-linux-* \
	"$vscode/node_modules/@microsoft/mxc-sdk" "$vscode/node_modules/@devcontainers"

# Built-in extensions without use in a browser workspace. Markdown preview stays.
rm -rf "$vscode/extensions/mermaid-markdown-features" "$vscode/extensions/microsoft-authentication" "$vscode/extensions/tunnel-forwarding"

# Debug symbols of native modules. A file strip cannot read stays as it is.
find . -type f -name '*.node' -exec strip --strip-unneeded {} + 2>/dev/null || true
