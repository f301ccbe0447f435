package identity

// SecretCookie lets tests of the front door fuzz the cookie scanner.
var SecretCookie = secretCookie

// ReturnPathLimit is the longest return path.
const ReturnPathLimit = maxReturnPath
