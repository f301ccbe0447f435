package identity_test

import "crypto/tls"

// insecure trusts any certificate: the servers are our own, on this machine.
func insecure() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }
