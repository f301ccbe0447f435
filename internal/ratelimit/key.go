package ratelimit

import (
	"hash/maphash"
	"net/netip"
)

// Key is who is counted. Making one allocates nothing. The zero Key is a key like any other.
type Key struct {
	name  string
	about string
	from  netip.Addr
}

// Name is somebody whom a name tells apart: the id of a user, of a session, an email.
func Name(s string) Key { return Key{name: s} }

// Address is the network of an address: an IPv4 address itself, of IPv6 the /64, the least
// that one customer of a network has. What is no address counts by its text.
func Address(ip string) Key {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return Key{name: ip}
	}
	return AddressOf(a)
}

// AddressOf is Address of an address that was read already.
func AddressOf(a netip.Addr) Key {
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	return Key{from: a}
}

// For is the same one at something, where it is counted apart from all else.
func (k Key) For(about string) Key {
	k.about = about
	return k
}

var seed = maphash.MakeSeed()

// shard spreads keys over shards, whatever they look like.
func (k Key) shard() uint64 {
	if k.from.IsValid() {
		b := k.from.As16()
		return maphash.Bytes(seed, b[:]) % shardCount
	}
	return maphash.String(seed, k.name) % shardCount
}

// shardCount is how many locks share the keys: those who are counted hardly ever meet.
const shardCount = 32
