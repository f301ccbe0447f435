package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/markbates/goth/providers/github"
	"golang.org/x/oauth2"
)

// gitHub signs people in with a GitHub account, of github.com or an Enterprise server.
type gitHub struct {
	url    string
	client *http.Client
	oauth  *oauth2.Config
	goth   *github.Provider
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
	g.goth = github.NewCustomisedURL(o.ClientID, o.Secret, callback, g.oauth.Endpoint.AuthURL, g.oauth.Endpoint.TokenURL, api+"/user", api+"/user/emails", githubScopes...)
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
	// The token is used for these calls and forgotten: it is not kept anywhere.
	u, err := g.goth.FetchUser(&github.Session{AccessToken: token.AccessToken})
	if err != nil && !errors.Is(err, github.ErrNoVerifiedGitHubPrimaryEmail) {
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
	return who, nil
}
