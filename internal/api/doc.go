// Package api serves the main origin's programs: the JSON API under /api/v1 with its
// OpenAPI document, the event stream and the health checks. Every answer that is an
// error is a [Problem]. Rights are decided here, by comparing the caller with the
// record's owner; what to do about a workspace is decided in package workspace.
//
// Every request passes, in this order: body limit, authentication (memory only), the
// origin check for cookies, then the operation.
package api
