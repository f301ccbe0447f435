#!/usr/bin/env bash
# Kalpana's gateway, which authenticates every request, against plain Caddy reverse_proxy,
# which asks nobody: same machine, same upstream, same certificate authority, interleaved
# rounds, medians. Prints requests per second, their ratio, and CPU per request.
#
#   ROUNDS=5 SECS=3 CONNS=64 bench/gateway.sh
set -euo pipefail
cd "$(dirname "$0")/.."
ROUNDS=${ROUNDS:-5} SECS=${SECS:-3} CONNS=${CONNS:-64}
first=41000 port=18443 plain=18444
command -v h2load >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nghttp2-client >/dev/null 2>&1
go build -o bin/bench-gateway ./bench/gateway
work=$(mktemp -d /tmp/kXXXXXX)
pids=()
finish() {
  for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

export KALPANA_DATA_DIR=$work/d KALPANA_HTTPS_PORT=$port KALPANA_METRICS_ADDR=127.0.0.1:18445 KALPANA_CADDY_OPTIONS=skip_install_trust \
  DOCKER_HOST=unix:///nonexistent KALPANA_LOG=discard CONTAINER_PORT_RANGE_START=43000 CONTAINER_PORT_RANGE_END=43100
server() {
  : >"$work/out"
  bin/kalpana run --config Caddyfile >"$work/out" 2>"$work/err" &
  gateway=$!
  pids+=("$gateway")
  until grep -q 'first?code=' "$work/out"; do
    kill -0 "$gateway" || { cat "$work/err" >&2; exit 1; }
    sleep 0.05
  done
  link=$(grep -o 'https://[^ ]*first?code=[^ ]*' "$work/out")
}
server
bin/bench-gateway cookie "$KALPANA_DATA_DIR" "$port" "$link" bench0000007 >/dev/null 2>&1 || true # makes the administrator
kill "$gateway"; wait "$gateway" || true
bin/bench-gateway seed "$KALPANA_DATA_DIR" "$first" 100
bin/bench-gateway upstream "$KALPANA_DATA_DIR" "$first" 100 &
pids+=($!)
server
id=bench0000007 target=$((first + 14))
cookie=$(bin/bench-gateway cookie "$KALPANA_DATA_DIR" "$port" "$link" "$id")

cat >"$work/Caddyfile" <<EOF
{
	admin off
	auto_https disable_redirects
	https_port $plain
	skip_install_trust
	storage file_system $work/c
}
https://*.ws.localhost:$plain {
	tls internal
	reverse_proxy 127.0.0.1:$target
}
EOF
bin/caddy run --config "$work/Caddyfile" >/dev/null 2>"$work/plain" &
caddy=$!
pids+=("$caddy")
code() { curl -sk -o /dev/null -w '%{http_code}' --resolve "$id.ws.localhost:$1:127.0.0.1" -H "Cookie: $cookie" "https://$id.ws.localhost:$1/small"; }
for p in $port $plain; do
  for _ in $(seq 100); do [ "$(code "$p")" = 200 ] && break; sleep 0.1; done
  [ "$(code "$p")" = 200 ] || { echo "port $p answers $(code "$p")" >&2; exit 1; }
done

ticks() { awk '{print $14+$15}' "/proc/$1/stat"; } # CPU time in hundredths of a second
sample() { # protocol port pid -> "requests/s microseconds/request"
  local before after out n
  before=$(ticks "$3")
  version=()
  [ "$1" = http1 ] && version=(--h1)
  out=$(h2load "${version[@]}" -t1 -c"$CONNS" -m1 -D "$SECS" --connect-to="127.0.0.1:$2" -H "Cookie: $cookie" "https://$id.ws.localhost:$2/small")
  n=$(awk '/^status codes/{print $3}' <<<"$out")
  [ "$n" -gt 0 ] || { echo "no answers: $out" >&2; exit 1; }
  after=$(ticks "$3")
  awk -v n="$n" -v s="$SECS" -v t=$((after - before)) 'BEGIN{printf "%d %.1f\n", n/s, t*10000/n}'
}
median() { sort -n | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
echo "| protocol | Kalpana req/s | Caddy req/s | ratio | Kalpana CPU µs/req | Caddy CPU µs/req | ratio |"
echo "|---|---|---|---|---|---|---|"
for protocol in http1 http2; do
  sample $protocol $port "$gateway" >/dev/null # warm
  sample $protocol $plain "$caddy" >/dev/null
  for _ in $(seq "$ROUNDS"); do
    sample $protocol $port "$gateway" >>"$work/$protocol.k"
    sample $protocol $plain "$caddy" >>"$work/$protocol.c"
  done
  kr=$(cut -d' ' -f1 "$work/$protocol.k" | median) cr=$(cut -d' ' -f1 "$work/$protocol.c" | median)
  kc=$(cut -d' ' -f2 "$work/$protocol.k" | median) cc=$(cut -d' ' -f2 "$work/$protocol.c" | median)
  awk -v p="$protocol over TLS" -v kr="$kr" -v cr="$cr" -v kc="$kc" -v cc="$cc" 'BEGIN{printf "| %s | %d | %d | %.2f | %.0f | %.0f | %.2f |\n", p, kr, cr, kr/cr, kc, cc, kc/cc}'
done
