package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Where the peers listen, cleartext and TLS, and the helper that some of them ask who a
// visitor is.
const (
	helperAddress = "127.0.0.1:18900"
	helperCookie  = "bench-session"
)

var helperKey = []byte("not a secret: it guards a benchmark")

func helperValue() string {
	mac := hmac.New(sha256.New, helperKey)
	mac.Write([]byte("user-7"))
	return "user-7." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// helper is about as cheap as an authentication service can be: it checks one HMAC.
func helper() error {
	s := &http.Server{Addr: helperAddress, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(helperCookie)
		if err != nil || !hmac.Equal([]byte(c.Value), []byte(helperValue())) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-User", "user-7")
	})}
	return s.ListenAndServe()
}

// peers writes the configurations of what Kalpana is compared with: each sends everything
// to one port, two of them only after the helper has said yes.
func peers(dir, certificate, key, target string) error {
	pem := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			return ""
		}
		return string(b)
	}
	fill := strings.NewReplacer("DIR", dir, "CERTIFICATE", certificate, "KEYFILE", key, "TARGET", target, "HELPER", helperAddress)
	for name, text := range map[string]string{
		"nginx.conf": nginxText, "haproxy.cfg": haproxyText, "Caddyfile.peers": caddyText,
		"both.pem": pem(certificate) + pem(key),
	} {
		if name != "both.pem" {
			text = fill.Replace(text)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the configuration of a peer: %w", err)
		}
	}
	return nil
}

const caddyText = `{
	admin off
	auto_https off
	storage file_system DIR/caddy
}
(asked) {
	forward_auth HELPER {
		uri /auth
		copy_headers X-User
	}
	reverse_proxy TARGET
}
http://*.ws.localhost:18801 {
	reverse_proxy TARGET
}
https://*.ws.localhost:18811 {
	tls CERTIFICATE KEYFILE
	reverse_proxy TARGET
}
http://*.ws.localhost:18802 {
	import asked
}
https://*.ws.localhost:18812 {
	tls CERTIFICATE KEYFILE
	import asked
}
`

const nginxText = `worker_processes 2;
daemon off;
pid DIR/nginx.pid;
error_log DIR/nginx.err warn;
worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
	access_log off;
	client_body_temp_path DIR/t1; proxy_temp_path DIR/t2; fastcgi_temp_path DIR/t3; uwsgi_temp_path DIR/t4; scgi_temp_path DIR/t5;
	keepalive_requests 100000000;
	tcp_nodelay on;
	ssl_certificate CERTIFICATE; ssl_certificate_key KEYFILE;
	map $http_upgrade $connection_header { default upgrade; '' ''; }
	upstream workspace { server TARGET; keepalive 128; keepalive_requests 100000000; }
	upstream helper { server HELPER; keepalive 128; keepalive_requests 100000000; }
	proxy_http_version 1.1;
	proxy_read_timeout 1h;
	proxy_set_header Host $host;
	proxy_set_header Connection $connection_header;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header X-Forwarded-For $remote_addr;
	proxy_set_header X-Forwarded-Proto $scheme;
	server {
		listen 127.0.0.1:18803;
		listen 127.0.0.1:18813 ssl http2;
		auth_request /ask-who;
		location / { proxy_pass http://workspace; }
		location = /ask-who {
			internal;
			proxy_set_header Connection '';
			proxy_set_header Content-Length '';
			proxy_pass_request_body off;
			proxy_pass http://helper/auth;
		}
	}
}
`

const haproxyText = `global
	nbthread 2
	maxconn 8000
defaults
	mode http
	option http-no-delay
	timeout connect 5s
	timeout client 1h
	timeout server 1h
	timeout tunnel 1h
frontend all
	bind 127.0.0.1:18804
	bind 127.0.0.1:18814 ssl crt DIR/both.pem alpn h2,http/1.1
	option forwardfor
	default_backend workspace
backend workspace
	http-reuse always
	server only TARGET
`
