package github

import (
	"container/list"
	"sync"
)

// cache keeps answers by the token they are for and what was asked; the longest unused go
// first.
type cache struct {
	mu      sync.Mutex
	max     int
	size    int
	entries map[cacheKey]*list.Element
	recent  list.List // of *cached, the last used in front
}

type cacheKey struct {
	token tokenHash
	asked string
}

// cached is an answer, cut down to the fields that are read. It is not changed.
type cached struct {
	key  cacheKey
	etag string
	body []byte
	next int
}

// overhead is what an entry takes besides its texts.
const overhead = 256

func (c *cached) size() int { return overhead + 2*len(c.key.asked) + len(c.etag) + len(c.body) }

func newCache(max int) *cache { return &cache{max: max, entries: map[cacheKey]*list.Element{}} }

// get returns nil if there is none.
func (c *cache) get(k cacheKey) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[k]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cached)
}

// put replaces what is there. One entry takes at most an eighth of the room.
func (c *cache) put(n *cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(c.entries[n.key])
	if n.size() > c.max/8 {
		return
	}
	c.entries[n.key] = c.recent.PushFront(n)
	c.size += n.size()
	for c.size > c.max {
		c.remove(c.recent.Back())
	}
}

func (c *cache) forget(token tokenHash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, e := range c.entries {
		if k.token == token {
			c.remove(e)
		}
	}
}

func (c *cache) remove(e *list.Element) {
	if e == nil {
		return
	}
	n := c.recent.Remove(e).(*cached)
	delete(c.entries, n.key)
	c.size -= n.size()
}
