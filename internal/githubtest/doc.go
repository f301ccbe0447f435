// Package githubtest is a GitHub for tests, over real HTTP: the OAuth web flow, the REST
// calls that this product makes, webhooks, and git with a real git http-backend. It refuses
// what GitHub refuses, and is stricter in one thing: a visit to the consent page must bring
// a state and a PKCE challenge, which GitHub only recommends.
//
// People and git go to the root. REST is at /api/v3, as on an Enterprise server, and at the
// root of a host whose name begins with "api.". Repositories are bare ones on disk, made
// when first needed; what REST tells of branches and files is read from them, so a push
// shows at once. Needs git with its http-backend, as Debian's package git has it.
//
// It imports nothing of the product.
package githubtest
