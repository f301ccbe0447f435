#!/usr/bin/env bash
# Kalpana's gateway, which authenticates every request, against what one would use instead:
# plain Caddy, which asks nobody; Caddy with forward_auth and nginx with auth_request, which
# ask a helper; HAProxy, which asks nobody. One upstream, one machine, all started at once,
# samples taken in turns, medians. CPU is that of the gateway with its helper.
#
#   ROUNDS=5 SECS=2 CONNS=64 WHAT="requests latency routes sockets memory" bench/gateway.sh
#
# Needs bin/kalpana and bin/caddy (make build xcaddy); takes nginx, haproxy and h2load from
# Debian's packages.
set -euo pipefail
cd "$(dirname "$0")/.."
ROUNDS=${ROUNDS:-5} SECS=${SECS:-2} CONNS=${CONNS:-64} WHAT=${WHAT:-requests latency routes sockets memory}
first=41000 port=18443 clear=18440 id=bench0000007
need=()
for tool in nginx:nginx-light haproxy:haproxy h2load:nghttp2-client openssl:openssl; do
  command -v "${tool%%:*}" >/dev/null || need+=("${tool#*:}")
done
[ ${#need[@]} = 0 ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${need[@]}" >/dev/null 2>&1
go build -o bin/bench-gateway ./bench/gateway
bench=bin/bench-gateway
work=$(mktemp -d /tmp/kXXXXXX)
pids=()
finish() {
  for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
ulimit -n "$(ulimit -Hn)"

export KALPANA_DATA_DIR=$work/d KALPANA_HTTPS_PORT=$port KALPANA_METRICS_ADDR=127.0.0.1:18445 KALPANA_CADDY_OPTIONS=skip_install_trust \
  DOCKER_HOST=unix:///nonexistent KALPANA_LOG=discard CONTAINER_PORT_RANGE_START=43000 CONTAINER_PORT_RANGE_END=43100
# As shipped, and in the clear too, for the comparison.
{ cat Caddyfile; printf 'http://*.ws.localhost:%s {\n\tkalpana\n}\n' "$clear"; } >"$work/Caddyfile"

declare -A pid
start() { # name command...
  local name=$1
  shift
  : >"$work/$name.out"
  "$@" >"$work/$name.out" 2>"$work/$name.err" &
  pid[$name]=$!
  pids+=("$!")
}
server() {
  start kalpana bin/kalpana run --config "$work/Caddyfile"
  until grep -q 'first?code=' "$work/kalpana.out"; do
    kill -0 "${pid[kalpana]}" || { cat "$work/kalpana.err" >&2; exit 1; }
    sleep 0.05
  done
  link=$(grep -o 'https://[^ ]*first?code=[^ ]*' "$work/kalpana.out")
}
end() {
  kill "${pid[$1]}"
  wait "${pid[$1]}" || true
}
seed() { # workspaces
  end kalpana
  $bench seed "$KALPANA_DATA_DIR" "$first" "$1"
  server
  login=$($bench cookie "$KALPANA_DATA_DIR" "$port" "$link" "$id")
}
server
$bench cookie "$KALPANA_DATA_DIR" "$port" "$link" "$id" >/dev/null 2>&1 || true # makes the administrator
seed 100
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout "$work/key.pem" -out "$work/cert.pem" \
  -subj /CN=bench -addext 'subjectAltName=DNS:*.ws.localhost' 2>/dev/null
$bench peers "$work" "$work/cert.pem" "$work/key.pem" "127.0.0.1:$((first + 14))"
start upstream $bench upstream "$KALPANA_DATA_DIR" "$first" 100
start helper $bench helper
start caddy bin/caddy run --config "$work/Caddyfile.peers" --adapter caddyfile
# The same Caddy with the figures of its own that Kalpana ships.
sed -e 's/^\tadmin off$/&\n\tmetrics/' -e 's/:188\(..\) /:189\1 /' -e 's|/caddy$|/caddy-metrics|' "$work/Caddyfile.peers" >"$work/Caddyfile.metrics"
start caddy_metrics bin/caddy run --config "$work/Caddyfile.metrics" --adapter caddyfile
start nginx nginx -c "$work/nginx.conf"
start haproxy haproxy -db -f "$work/haproxy.cfg"

# name: cleartext port, TLS port, processes (groups) whose CPU counts
names=(kalpana caddy caddy_metrics forward_auth auth_request haproxy)
declare -A title=([kalpana]=Kalpana [caddy]="Caddy" [caddy_metrics]="Caddy with \`metrics\`, as Kalpana has them" [forward_auth]="Caddy + forward_auth" [auth_request]="nginx + auth_request" [haproxy]=HAProxy)
declare -A clearport=([kalpana]=$clear [caddy]=18801 [caddy_metrics]=18901 [forward_auth]=18802 [auth_request]=18803 [haproxy]=18804)
declare -A tlsport=([kalpana]=$port [caddy]=18811 [caddy_metrics]=18911 [forward_auth]=18812 [auth_request]=18813 [haproxy]=18814)
declare -A process=([kalpana]=kalpana [caddy]=caddy [caddy_metrics]=caddy_metrics [forward_auth]="caddy helper" [auth_request]="nginx helper" [haproxy]=haproxy)
cookie="$login; $($bench helper-cookie)"
base() { case $1 in http1) echo "http://$id.ws.localhost:${clearport[$2]}" ;; *) echo "https://$id.ws.localhost:${tlsport[$2]}" ;; esac; }
address() { case $1 in http1) echo "127.0.0.1:${clearport[$2]}" ;; *) echo "127.0.0.1:${tlsport[$2]}" ;; esac; }
for n in "${names[@]}"; do
  for protocol in http1 tls1; do
    for try in $(seq 100); do
      code=$(curl -sk -o /dev/null -w '%{http_code}' --connect-to "::$(address $protocol "$n")" -H "Cookie: $cookie" "$(base $protocol "$n")/small" || true)
      [ "$code" = 200 ] && break
      [ "$try" = 100 ] && { echo "$n $protocol answers $code" >&2; exit 1; }
      sleep 0.1
    done
  done
done

ticks() { # process names -> CPU time in hundredths of a second, children too
  local name p t=0
  for name in $1; do
    for p in ${pid[$name]} $(pgrep -P "${pid[$name]}" || true); do t=$((t + $(awk '{print $14+$15}' "/proc/$p/stat"))); done
  done
  echo "$t"
}
load() { # protocol name connections seconds -> h2load's report
  local version=()
  [ "$1" = tls2 ] || version=(--h1)
  h2load "${version[@]}" -t1 -c"$3" -m1 -D "$4" --connect-to="$(address "$1" "$2")" -H "Cookie: $cookie" "$(base "$1" "$2")/small"
}
sample() { # protocol name -> "requests/s microseconds/request"
  local before out n
  before=$(ticks "${process[$2]}")
  out=$(load "$1" "$2" "$CONNS" "$SECS")
  n=$(awk '/^status codes/{print $3}' <<<"$out")
  [ "$n" -gt 0 ] || { echo "no answers: $out" >&2; exit 1; }
  awk -v n="$n" -v s="$SECS" -v t=$(($(ticks "${process[$2]}") - before)) 'BEGIN{printf "%d %.1f\n", n/s, t*10000/n}'
}
median() { sort -n | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
of() { cut -d' ' -f"$2" "$work/$1" | median; }
bar() { awk -v v="$1" 'BEGIN{n=int(v*10+0.5); for(i=0;i<n;i++) printf "█"; print ""}'; }

requests() {
  local protocol n r c
  sleep 15 # what a start has to read and to look at is not the requests'
  for protocol in http1 tls1 tls2; do
    for n in "${names[@]}"; do sample $protocol "$n" >/dev/null; done # warm
    for _ in $(seq "$ROUNDS"); do
      for n in "${names[@]}"; do sample $protocol "$n" >>"$work/$protocol.$n"; done
    done
    printf '\n| %s | req/s | × Caddy | | CPU µs/req | × Caddy |\n|---|---|---|---|---|---|\n' \
      "$(case $protocol in http1) echo 'HTTP/1.1' ;; tls1) echo 'HTTP/1.1 over TLS' ;; tls2) echo 'HTTP/2 over TLS' ;; esac)"
    for n in "${names[@]}"; do
      r=$(of "$protocol.$n" 1) c=$(of "$protocol.$n" 2)
      ratio=$(awk -v a="$r" -v b="$(of $protocol.caddy 1)" 'BEGIN{printf "%.2f", a/b}')
      printf '| %s | %d | %s | %s | %.0f | %s |\n' "${title[$n]}" "$r" "$ratio" "$(bar "$ratio")" "$c" \
        "$(awk -v a="$c" -v b="$(of $protocol.caddy 2)" 'BEGIN{printf "%.2f", a/b}')"
    done
  done
}

latency() { # one request at a time: what a gateway adds to the upstream's own time
  local n
  printf '\n| one connection, HTTP/1.1 over TLS | p50 |\n|---|---|\n'
  for _ in $(seq "$ROUNDS"); do
    for n in "${names[@]}"; do
      h2load --h1 -t1 -c1 -m1 -n2000 --log-file="$work/log" --connect-to="$(address tls1 "$n")" -H "Cookie: $cookie" "$(base tls1 "$n")/small" >/dev/null
      cut -f3 "$work/log" | median >>"$work/latency.$n"
    done
    h2load --h1 -t1 -c1 -m1 -n2000 --log-file="$work/log" --connect-to="127.0.0.1:$((first + 14))" "http://$id.ws.localhost:$((first + 14))/small" >/dev/null
    cut -f3 "$work/log" | median >>"$work/latency.direct"
  done
  for n in direct "${names[@]}"; do printf '| %s | %.3f ms |\n' "${title[$n]:-the upstream itself, in the clear}" "$(awk -v v="$(median <"$work/latency.$n")" 'BEGIN{print v/1000}')"; done
}

routes() { # the same server with 10 and with 5,000 workspaces, in turns of starts
  local n
  for _ in $(seq "$ROUNDS"); do
    for n in 10 5000; do
      KALPANA_DATA_DIR=$work/d$n
      if [ ! -d "$KALPANA_DATA_DIR" ]; then
        end kalpana
        mkdir -p "$KALPANA_DATA_DIR"
        cp "$work/d/secret" "$KALPANA_DATA_DIR/"
        server
        $bench cookie "$KALPANA_DATA_DIR" "$port" "$link" "$id" >/dev/null 2>&1 || true
        seed "$n"
      else
        end kalpana
        server
        login=$($bench cookie "$KALPANA_DATA_DIR" "$port" "$link" "$id")
      fi
      cookie=$login
      sleep 15
      load tls1 kalpana "$CONNS" 1 >/dev/null
      sample tls1 kalpana >>"$work/routes.$n"
    done
  done
  printf '\n| workspaces | req/s | CPU µs/req |\n|---|---|---|\n'
  for n in 10 5000; do printf '| %s | %s | %s |\n' "$n" "$(of routes.$n 1)" "$(of routes.$n 2)"; done
}

sockets() {
  local protocol n before out over
  for protocol in http1 tls1; do
    for _ in $(seq "$ROUNDS"); do
      for n in kalpana caddy auth_request haproxy; do
        before=$(ticks "${process[$n]}")
        out=$($bench echoes "$(address $protocol $n)" "$(base $protocol $n)" "$cookie" 500 "$SECS")
        awk -v o="$out" -v t=$(($(ticks "${process[$n]}") - before)) 'BEGIN{split(o,a," "); printf "%d %.1f\n", a[2], t*10000/a[1]}' >>"$work/ws.$protocol.$n"
      done
    done
    over=
    [ $protocol = http1 ] || over=' over TLS'
    printf '\n| 500 WebSockets%s | echoes/s | × Caddy | CPU µs/echo |\n|---|---|---|---|\n' "$over"
    for n in kalpana caddy auth_request haproxy; do
      printf '| %s | %s | %s | %s |\n' "${title[$n]}" "$(of ws.$protocol.$n 1)" \
        "$(awk -v a="$(of ws.$protocol.$n 1)" -v b="$(of ws.$protocol.caddy 1)" 'BEGIN{printf "%.2f", a/b}')" "$(of ws.$protocol.$n 2)"
    done
  done
}

pss() { awk '/^Pss:/{print $2}' "/proc/$1/smaps_rollup"; }
memory() { # of a process that has just started, before and with 2,000 silent WebSockets
  local protocol n before
  printf '\n| 2,000 idle WebSockets | KiB each | over TLS |\n|---|---|---|\n'
  for n in kalpana caddy; do
    for protocol in http1 tls1; do
      end $n
      if [ $n = kalpana ]; then
        server
        cookie=$($bench cookie "$KALPANA_DATA_DIR" "$port" "$link" "$id")
      else
        start caddy bin/caddy run --config "$work/Caddyfile.peers" --adapter caddyfile
      fi
      sleep 2
      before=$(pss "${pid[$n]}")
      start hold $bench hold "$(address $protocol $n)" "$(base $protocol $n)" "$cookie" 2000
      until grep -q open "$work/hold.out"; do kill -0 "${pid[hold]}" || { cat "$work/hold.err" >&2; exit 1; }; sleep 0.1; done
      sleep 5
      echo $((($(pss "${pid[$n]}") - before) / 2000)) >"$work/memory.$n.$protocol"
      end hold
    done
    printf '| %s | %s | %s |\n' "${title[$n]}" "$(cat "$work/memory.$n.http1")" "$(cat "$work/memory.$n.tls1")"
  done
}

for what in $WHAT; do $what; done
