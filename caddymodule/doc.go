// Package caddymodule puts Kalpana into Caddy: it translates configuration and calls,
// and decides nothing itself. It is the only package, with cmd/kalpana, that imports
// Caddy. It registers
//
//	kalpana                    the app: one installation, shared by all reloads
//	http.handlers.kalpana      the site directive: UI, API, logins and workspace hosts
//	tls.permission.kalpana     which names may get a certificate on demand
//	admin.api.kalpana          the operator's commands, at /kalpana/ of the admin socket
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
// A line without a value, or with an empty one, means the default.
package caddymodule
