package chat_test

import (
	"net/http"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/spend"
)

// gate waits until open is closed, or the client goes.
func gate(open <-chan struct{}) llmtest.Step {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-open:
			return true
		case <-r.Context().Done():
			return false
		}
	}
}

// who is the stand's user, as the ledger knows them.
func (s *stand) who(c chat.Chat) spend.Who { return spend.Who{UserID: s.user, ChatID: c.ID} }
