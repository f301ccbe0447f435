package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	gothub "github.com/markbates/goth/providers/github"
	"golang.org/x/oauth2"

	"github.com/kalpana-dev/kalpana/internal/github"
)

// gitHub signs people in with a GitHub account, of github.com or an Enterprise server.
type gitHub struct {
	url    string
	client *http.Client
	oauth  *oauth2.Config
	goth   *gothub.Provider
}

// githubScopes are the least that name a person and their email.
var githubScopes = []string{"read:user", "user:email"}

func newGitHub(o GitHub, callback string, client *http.Client) *gitHub {
	base, api := strings.TrimRight(o.URL, "/"), strings.TrimRight(o.APIURL, "/")
	if base == "" {
		base = "https://github.com"
	}
	if api == "" {
		api = "https://api.github.com"
	}
	g := &gitHub{url: base, client: client, oauth: &oauth2.Config{
		ClientID: o.ClientID, ClientSecret: o.Secret, RedirectURL: callback, Scopes: githubScopes,
		Endpoint: oauth2.Endpoint{AuthURL: base + "/login/oauth/authorize", TokenURL: base + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams},
	}}
	g.goth = gothub.NewCustomisedURL(o.ClientID, o.Secret, callback, g.oauth.Endpoint.AuthURL, g.oauth.Endpoint.TokenURL, api+"/user", api+"/user/emails", githubScopes...)
	g.goth.HTTPClient = client
	return g
}

func (g *gitHub) info() Provider    { return Provider{byGitHub, "GitHub", "/auth/github"} }
func (g *gitHub) namespace() string { return g.url }

func (g *gitHub) config(context.Context) (*oauth2.Config, error) { return g.oauth, nil }

func (g *gitHub) person(ctx context.Context, code string, f flow) (outsider, error) {
	token, err := g.oauth.Exchange(context.WithValue(ctx, oauth2.HTTPClient, g.client), code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return outsider{}, fmt.Errorf("exchange code at GitHub: %w", err)
	}
	u, err := g.goth.FetchUser(&gothub.Session{AccessToken: token.AccessToken})
	if err != nil && !errors.Is(err, gothub.ErrNoVerifiedGitHubPrimaryEmail) {
		return outsider{}, fmt.Errorf("fetch GitHub user: %w", err)
	}
	if id, err := strconv.ParseInt(u.UserID, 10, 64); err != nil || id <= 0 {
		return outsider{}, fmt.Errorf("GitHub user has id %.32q, want a positive number", u.UserID)
	}
	who := outsider{subject: u.UserID, login: cleanName(u.NickName), email: normalEmail(u.Email), name: cleanName(u.Name), avatar: cleanAvatar(u.AvatarURL)}
	if checkEmail(who.email) != nil {
		who.email = ""
	}
	if who.name == "" {
		who.name = who.login
	}
	who.token = granted(token)
	return who, nil
}

// granted is what GitHub gave, in our own words. A lifetime that cannot be read counts as
// none: the refresh token is tried until GitHub refuses it.
func granted(t *oauth2.Token) github.Token {
	out := github.Token{Access: t.AccessToken, Refresh: t.RefreshToken}
	if !t.Expiry.IsZero() {
		out.Expires = t.Expiry.UTC().Truncate(time.Second)
	}
	if n, err := strconv.ParseInt(fmt.Sprint(t.Extra("refresh_token_expires_in")), 10, 32); err == nil && n > 0 {
		out.RefreshExpires = time.Now().Add(time.Duration(n) * time.Second).UTC().Truncate(time.Second)
	}
	if scopes, ok := t.Extra("scope").(string); ok {
		out.Scopes = strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' || r == ' ' })
	}
	return out
}
