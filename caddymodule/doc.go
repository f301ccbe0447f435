// Package caddymodule puts Kalpana into Caddy: it translates configuration and calls,
// and decides nothing itself. It is the only package, with cmd/kalpana, that imports
// Caddy. It registers
//
//	kalpana                    the app: one installation, shared by all reloads
//	http.handlers.kalpana      the site directive: UI, API, logins and workspace hosts
//	tls.permission.kalpana     which names may get a certificate on demand
//	admin.api.kalpana          the operator's commands, at /kalpana/ of the admin socket
//	http.handlers.kalpana_auth the site directive of any other site behind the same login
//	http.authentication.providers.kalpana  the same for Caddy's authentication handler
//
// and the commands token, workspace, login-link and doctor. The Caddyfile grammar:
//
//	{
//		kalpana {
//			domain                   localhost
//			workspace_domain         example.net
//			https_port               8443
//			data_dir                 /var/lib/kalpana
//			secret                   {env.KALPANA_SECRET} {env.KALPANA_OLD_SECRET}
//			database_url             {env.DATABASE_URL}
//			docker_host              unix:///var/run/docker.sock
//			ports                    40000 50000
//			memory                   2147483648
//			cpu                      1000000000
//			max_workspaces_per_user  5
//			workspace_image          kalpana/workspace:latest
//			idle_timeout             30m
//			pause_timeout            10m
//			wake_on_visit            true
//			signup                   invite
//			github                   <client id> {env.GITHUB_CLIENT_SECRET}
//			github_urls              https://github.com https://api.github.com
//			github_webhook_secret    {env.GITHUB_WEBHOOK_SECRET}
//			nix_custom_configs       true
//			private_repos            true
//			template_packages        debian
//			nix_cache                https://cache.nixos.org <public key>
//			nixpkgs                  github:NixOS/nixpkgs/nixos-unstable
//			oidc                     <issuer> <client id> {env.OIDC_CLIENT_SECRET}
//			openrouter               {env.OPENROUTER_API_KEY} https://openrouter.ai/api/v1
//			agent_model              <model>
//			agent_mode               ask
//			agent_mode_cap           auto
//			agent_budget_turn        1
//			agent_budget_chat        0
//			agent_budget_user_day    10
//			agent_budget_day         100
//			agent_own_keys           true
//			agent_allow_training     false
//			…
//		}
//	}
//	https://localhost, https://*.ws.localhost, https://*.agent.localhost {
//		kalpana
//	}
//
// A line without a value, or with an empty one, means the default. Other sites:
//
//	https://grafana.example.com {
//		kalpana_auth {
//			roles  admin
//			users  ann@example.com
//			header X-WEBAUTH-USER {http.auth.user.id}
//			hosts  grafana.example.com
//			allow_framing
//		}
//		reverse_proxy 127.0.0.1:3000
//	}
//
// A reload starts the new configuration before it stops the old one. The platform is shared
// by both (app.go), logs to where the new one says (logs.go), and refuses changed settings
// of its own, which need a restart. Connections in use go over to the new one (drain.go).
package caddymodule
