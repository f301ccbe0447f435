package cli

import (
	"context"
	"fmt"
	"time"
)

const tokenHelp = `
Makes an API token for a user and prints it, alone, on standard output. The user is made
if there is none with this email. --ttl 0 makes a token that is good until it is revoked.`

func runToken(ctx context.Context, k *call) error {
	email := k.flags.String("user", "", "email of the user")
	admin := k.flags.Bool("admin", false, "make the user an administrator")
	ttl := k.flags.Duration("ttl", 24*time.Hour, "how long the token is good")
	args, err := k.parse("create")
	if err != nil {
		return err
	}
	switch {
	case args[0] != "create":
		return usageError{fmt.Sprintf("%q is no subcommand of token", args[0])}
	case *email == "":
		return usageError{"--user is missing"}
	case *ttl < 0:
		return usageError{"--ttl is negative"}
	}
	var made struct {
		Token     string     `json:"token"`
		User      string     `json:"user"`
		ExpiresAt *time.Time `json:"expiresAt"`
	}
	if err := k.conn.do(ctx, "POST", "/tokens", map[string]any{"email": *email, "admin": *admin, "ttl": *ttl}, &made); err != nil {
		return err
	}
	return k.print(made, func() { fmt.Fprintln(k.out, made.Token) })
}

func runLoginLink(ctx context.Context, k *call) error {
	if _, err := k.parse(); err != nil {
		return err
	}
	var made struct {
		URL string `json:"url"`
	}
	if err := k.conn.do(ctx, "POST", "/login-link", nil, &made); err != nil {
		return err
	}
	return k.print(made, func() { fmt.Fprintln(k.out, made.URL) })
}
