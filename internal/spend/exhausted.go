package spend

import (
	"fmt"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// Names of limits.
const (
	LimitTurn    = "turn"
	LimitChat    = "chat"
	LimitUserDay = "user_day"
	LimitDay     = "day"
)

// ExhaustedError says that a limit leaves too little. Its text is fit for users.
type ExhaustedError struct {
	Limit string // one of the names of limits
	// Spent is billed, Reserved is set aside for answers that are under way, Wanted is what
	// should have been added, Max is the limit.
	Spent, Reserved, Wanted, Max agent.NanoUSD
}

func (e *ExhaustedError) Error() string {
	what, next := "", ""
	switch e.Limit {
	case LimitTurn:
		what, next = "a turn", "send another message to go on, or have the limit raised"
	case LimitChat:
		what, next = "a chat", "go on in a new chat, or have the limit raised"
	case LimitUserDay:
		what, next = "a user's day", "it begins again at midnight UTC; the operator can raise the limit"
	default:
		what, next = "a day of all users", "it begins again at midnight UTC; the operator can raise the limit, and one's own key is not bound by it"
	}
	text := fmt.Sprintf("the budget of %s for %s is used up: %s spent", Format(e.Max), what, Format(e.Spent))
	if left := e.Max - e.Spent - e.Reserved; left > 0 {
		text = fmt.Sprintf("the budget of %s for %s does not reach: %s spent and up to %s needed", Format(e.Max), what, Format(e.Spent), Format(e.Wanted))
	}
	if e.Reserved > 0 {
		text += fmt.Sprintf(", %s set aside for answers under way", Format(e.Reserved))
	}
	return text + "; " + next
}
