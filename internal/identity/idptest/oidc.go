package idptest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"time"
)

// OIDCUser is an account at the stand-in.
type OIDCUser struct {
	Subject, Name, Nickname, Email, Picture string
	EmailVerified                           bool
}

// OIDC is an OpenID Connect provider; its URL is the issuer.
type OIDC struct {
	*server
	key  *rsa.PrivateKey
	user OIDCUser
	// edit changes the claims of an id_token before it is signed; forge replaces the token.
	edit  func(claims map[string]any)
	forge func(token string) string
}

// NewOIDC starts a provider on a free port of 127.0.0.1. Close it.
func NewOIDC(c Client) *OIDC {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // only without a source of randomness
	}
	o := &OIDC{server: newServer(c), key: key}
	o.mux.HandleFunc("GET /.well-known/openid-configuration", o.serveDiscovery)
	o.mux.HandleFunc("GET /authorize", o.serveAuthorize)
	o.mux.HandleFunc("/token", o.serveToken)
	o.mux.HandleFunc("GET /jwks", o.serveKeys)
	o.mux.HandleFunc("GET /userinfo", o.serveUserInfo)
	return o
}

// SetUser says who everybody is from now on.
func (o *OIDC) SetUser(u OIDCUser) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.user = u
}

// EditClaims changes the claims of every id_token before it is signed; nil ends it.
func (o *OIDC) EditClaims(f func(claims map[string]any)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.edit = f
}

// Forge replaces every signed id_token by what f makes of it; nil ends it.
func (o *OIDC) Forge(f func(token string) string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forge = f
}

func (o *OIDC) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": o.URL, "authorization_endpoint": o.URL + "/authorize", "token_endpoint": o.URL + "/token",
		"jwks_uri": o.URL + "/jwks", "userinfo_endpoint": o.URL + "/userinfo",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
	})
}

func (o *OIDC) serveToken(w http.ResponseWriter, r *http.Request) {
	g, ok := o.redeem(w, r, http.StatusBadRequest)
	if !ok {
		return
	}
	o.mu.Lock()
	u, edit, forge := o.user, o.edit, o.forge
	o.mu.Unlock()
	now := time.Now()
	claims := map[string]any{"iss": o.URL, "aud": o.client.ID, "sub": u.Subject, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": g.nonce}
	if edit != nil {
		edit(claims)
	}
	token := o.Sign(claims)
	if forge != nil {
		token = forge(token)
	}
	writeJSON(w, http.StatusOK, map[string]any{"access_token": o.issue(), "token_type": "Bearer", "expires_in": 3600, "id_token": token})
}

// Sign returns claims as a JWT signed with RS256.
func (o *OIDC) Sign(claims map[string]any) string {
	header, _ := json.Marshal(map[string]string{"alg": "RS256", "kid": "1", "typ": "JWT"})
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err) // claims are made by tests
	}
	b64 := base64.RawURLEncoding
	signed := b64.EncodeToString(header) + "." + b64.EncodeToString(body)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, o.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + b64.EncodeToString(signature)
}

func (o *OIDC) serveKeys(w http.ResponseWriter, r *http.Request) {
	b64 := base64.RawURLEncoding
	writeJSON(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
		"n": b64.EncodeToString(o.key.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(o.key.E)).Bytes()),
	}}})
}

func (o *OIDC) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	if !o.authorized(w, r) {
		return
	}
	o.mu.Lock()
	u := o.user
	o.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"sub": u.Subject, "name": u.Name, "nickname": u.Nickname, "email": u.Email, "email_verified": u.EmailVerified, "picture": u.Picture})
}
