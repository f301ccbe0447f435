package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/markbates/goth/providers/openidConnect"
	"golang.org/x/oauth2"
)

// openID signs people in at any OpenID Connect provider. What the provider says about
// itself is asked for at the first login that needs it, and again after a failure, so
// that a provider that is down stops neither the start nor other ways in.
type openID struct {
	o        OIDC
	callback string
	client   *http.Client

	mu    sync.Mutex
	found *discovered // guarded by mu; nil until discovery worked
}

// discovered is all that follows from a provider's discovery document.
type discovered struct {
	oauth    *oauth2.Config
	verifier *oidc.IDTokenVerifier
	goth     *openidConnect.Provider
}

func newOIDC(o OIDC, callback string, client *http.Client) *openID {
	return &openID{o: o, callback: callback, client: client}
}

func (p *openID) info() Provider    { return Provider{byOIDC, "OpenID Connect", "/auth/oidc"} }
func (p *openID) namespace() string { return p.o.Issuer }

func (p *openID) config(ctx context.Context) (*oauth2.Config, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	return d.oauth, nil
}

func (p *openID) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	d := p.found
	p.mu.Unlock()
	if d != nil {
		return d, nil
	}
	remote, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("discover OpenID Connect provider %s: %w", p.o.Issuer, err)
	}
	var offers struct {
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := remote.Claims(&offers); err != nil {
		return nil, fmt.Errorf("read discovery document of %s: %w", p.o.Issuer, err)
	}
	endpoint := remote.Endpoint()
	if endpoint.AuthURL == "" || endpoint.TokenURL == "" {
		return nil, fmt.Errorf("discovery document of %s names no authorization or token endpoint", p.o.Issuer)
	}
	// Said, not tried out: trying spends the code on the wrong one.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(offers.AuthMethods) > 0 && !slices.Contains(offers.AuthMethods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	scopes := []string{oidc.ScopeOpenID, "profile", "email"}
	d = &discovered{
		oauth:    &oauth2.Config{ClientID: p.o.ClientID, ClientSecret: p.o.Secret, RedirectURL: p.callback, Endpoint: endpoint, Scopes: scopes},
		verifier: remote.Verifier(&oidc.Config{ClientID: p.o.ClientID}),
	}
	d.goth, err = openidConnect.NewCustomisedURL(p.o.ClientID, p.o.Secret, p.callback, endpoint.AuthURL, endpoint.TokenURL, p.o.Issuer, remote.UserInfoEndpoint(), "", scopes...)
	if err != nil {
		return nil, fmt.Errorf("make client of OpenID Connect provider %s: %w", p.o.Issuer, err)
	}
	d.goth.HTTPClient = p.client
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found = d
	return d, nil
}

func (p *openID) person(ctx context.Context, code string, f flow) (outsider, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return outsider{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client) // the key of x/oauth2's context value too
	token, err := d.oauth.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return outsider{}, fmt.Errorf("exchange code at %s: %w", p.o.Issuer, err)
	}
	raw, _ := token.Extra("id_token").(string)
	// goth reads the id_token without checking its signature or nonce; this does.
	id, err := d.verifier.Verify(ctx, raw)
	if err != nil {
		return outsider{}, fmt.Errorf("verify id_token of %s: %w", p.o.Issuer, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return outsider{}, errors.New("id_token has the nonce of another login")
	}
	// goth panics on an exp that is not a number, which the verifier lets pass as text.
	var typed struct {
		Exp float64 `json:"exp"`
	}
	if err := id.Claims(&typed); err != nil {
		return outsider{}, fmt.Errorf("read id_token of %s: %w", p.o.Issuer, err)
	}
	if id.Subject == "" || len(id.Subject) > 255 {
		return outsider{}, errors.New("id_token has no subject of 1 to 255 bytes")
	}
	u, err := d.goth.FetchUser(&openidConnect.Session{AccessToken: token.AccessToken, IDToken: raw, ExpiresAt: token.Expiry})
	if err != nil {
		return outsider{}, fmt.Errorf("fetch user of %s: %w", p.o.Issuer, err)
	}
	who := outsider{subject: id.Subject, login: cleanName(u.NickName), email: normalEmail(u.Email), name: cleanName(u.Name), avatar: cleanAvatar(u.AvatarURL)}
	if verified := u.RawData["email_verified"]; verified != true && verified != "true" || checkEmail(who.email) != nil {
		who.email = "" // only claimed: it must not block the person whose it is
	}
	for _, name := range []string{who.login, who.email, "User"} {
		if who.name == "" {
			who.name = name
		}
	}
	return who, nil
}
