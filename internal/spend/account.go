package spend

import (
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// account is what this process knows of a key while it deals with it.
type account struct {
	users int // calls and reservations that hold it
	// held is reserved, or billed and on its way into the store.
	held agent.NanoUSD
	// known is the highest sum that the store has answered: a sum read before a bill was
	// written must not be believed after the bill's reservation has gone.
	known agent.NanoUSD
	// unsaved is billed, but the store would not take it.
	unsaved agent.NanoUSD
}

// limited is a key, and the limit on its sum if it is bounded.
type limited struct {
	name, key string
	max       agent.NanoUSD
	bounded   bool
}

// keys are those of the chat and the user's day, if there is one, and of the day.
func (l *Ledger) keys(who Who) []limited {
	day := l.now().UTC().Format(time.DateOnly)
	var keys []limited
	if who.ChatID != "" {
		keys = append(keys, limited{LimitChat, "chat/" + who.ChatID, l.limits.Chat, l.limits.Chat > 0})
	}
	if who.UserID != "" {
		limit, bounded := l.DayOf(who.UserID)
		keys = append(keys, limited{LimitUserDay, "user/" + who.UserID + "/" + day, limit, bounded})
	}
	if !who.OwnKey {
		keys = append(keys, limited{LimitDay, "day/" + day, l.limits.Day, l.limits.Day > 0})
	}
	return keys
}

// join takes hold of the accounts of who.
func (l *Ledger) join(who Who) []limited {
	keys := l.keys(who)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		a := l.accounts[k.key]
		if a == nil {
			a = &account{}
			l.accounts[k.key] = a
		}
		a.users++
	}
	return keys
}

// leave lets go of them; one that nobody holds and that owes nothing is forgotten.
func (l *Ledger) leave(keys []limited) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		l.release(k.key)
	}
}

func (l *Ledger) release(key string) {
	a := l.accounts[key]
	if a.users--; a.users == 0 && a.unsaved == 0 {
		delete(l.accounts, key)
	}
}
