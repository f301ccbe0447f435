package chat

import (
	"fmt"
	"slices"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

const (
	// maxPromptPictures is how many bytes of pictures a request carries: the latest ones.
	// They count little as tokens, and are sent again with every step.
	maxPromptPictures = 12 << 20
	// maxKeptPictures is how many of them a turn's transcript keeps, and maxKept how many
	// bytes it has in all. A document of the store has 15 MiB, and JSON needs a third more
	// for pictures and up to double for text.
	maxKeptPictures = 6 << 20
	maxKept         = 3 << 20
)

const (
	picturesGone = "[%d pictures were here; they are left out]"
	resultGone   = "[this result is left out to make room; make the call again if needed]"
)

// withoutPictures leaves the oldest pictures out, so that at most limit bytes of them stay.
// msgs is not changed.
func withoutPictures(msgs []agent.Message, limit int) []agent.Message {
	size := 0
	out := msgs
	for i, m := range slices.Backward(msgs) {
		first := len(m.Images)
		for first > 0 && size+len(m.Images[first-1].Data) <= limit {
			first--
			size += len(m.Images[first].Data)
		}
		if first == 0 {
			continue
		}
		size = limit // what is older than one that is left out goes, too
		if &out[0] == &msgs[0] {
			out = slices.Clone(msgs)
		}
		out[i].Images = m.Images[first:]
		if out[i].Text != "" {
			out[i].Text += "\n"
		}
		out[i].Text += fmt.Sprintf(picturesGone, first)
	}
	return out
}

// bound keeps what is written down of a turn within what the store takes: the oldest
// pictures and the longest results go first.
func (c *conversation) bound() {
	c.own = withoutPictures(c.own, maxKeptPictures)
	size := 0
	for _, m := range c.own {
		size += textSize(m)
	}
	for size > maxKept {
		longest := -1
		for i, m := range c.own {
			if m.Role == agent.RoleTool && (longest < 0 || len(m.Text) > len(c.own[longest].Text)) {
				longest = i
			}
		}
		if longest < 0 || len(c.own[longest].Text) <= len(resultGone) {
			return // the rest is bounded by steps and answers
		}
		size -= len(c.own[longest].Text) - len(resultGone)
		c.own[longest].Text = resultGone
	}
}

func textSize(m agent.Message) int {
	n := len(m.Text) + len(m.Reasoning.Text)
	for _, d := range m.Reasoning.Details {
		n += len(d)
	}
	for _, c := range m.Calls {
		n += len(c.Arguments) + len(c.Raw)
	}
	return n
}
