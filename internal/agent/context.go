package agent

const (
	// PruneShare is the percentage of the budget from which on old results are left out.
	PruneShare = 70
	// SummaryShare is the percentage from which on old turns should be summarised.
	SummaryShare = 80

	// assumedContext is the window of a model whose provider names none: what the smaller
	// ones have that can work with tools at all.
	assumedContext = 32_000
	// maxAnswer is what an answer may take of the window. Longer ones are cut by
	// providers, and no step needs more.
	maxAnswer = 16_384
	// margin is for what the estimate does not see: templates, and tokens that are short.
	margin = 4_096

	bytesPerToken  = 4
	tokensPerImage = 1_500
	tokensPerFrame = 4 // role and separators of a message, a call or a tool
	percent        = 100
)

// Estimate is about how many tokens a request of msgs and tools takes: a token is four
// bytes, an image 1,500. It is too low for text of many numbers or symbols, by up to half.
func Estimate(msgs []Message, tools []Tool) int {
	n := 0
	for _, m := range msgs {
		n += m.tokens()
	}
	for _, t := range tools {
		n += tokensPerFrame + inTokens(len(t.Name)+len(t.Description)+len(t.Schema))
	}
	return n
}

// Size is about how many tokens a request of msgs takes. used is the prompt of the last
// answer as its provider counted it, which is exact and includes the tools; what came
// since is estimated. With used 0 all is. After messages were left out or summarised used
// tells nothing any more: give 0 until the next answer.
func Size(msgs []Message, used int) int {
	if used <= 0 {
		return Estimate(msgs, nil)
	}
	return used + Estimate(msgs[lastStep(msgs):], nil)
}

// AnswerTokens is the longest answer to ask a model for.
func AnswerTokens(info ModelInfo) int {
	window := contextOf(info)
	return min(longest(info), max(window-Budget(info)-margin, window/4))
}

// Budget is how many tokens a prompt for the model may take: the window less the longest
// answer (at most 16,384) and a margin of 4,096, but at least a quarter of the window. A
// window that is not known is taken to be 32,000.
func Budget(info ModelInfo) int {
	window := contextOf(info)
	return max(window-longest(info)-margin, window/4)
}

func contextOf(info ModelInfo) int {
	if info.ContextTokens <= 0 {
		return assumedContext
	}
	return info.ContextTokens
}

func longest(info ModelInfo) int {
	if info.MaxOutputTokens <= 0 {
		return maxAnswer
	}
	return min(info.MaxOutputTokens, maxAnswer)
}

func (m Message) tokens() int {
	details := 0
	for _, d := range m.Reasoning.Details {
		details += len(d)
	}
	// Where there are details, they go back in place of the text.
	n := len(m.Text) + len(m.CallID) + max(len(m.Reasoning.Text), details)
	frames := 1
	for _, c := range m.Calls {
		n += len(c.ID) + len(c.Name) + len(c.Arguments)
		frames++
	}
	return frames*tokensPerFrame + inTokens(n) + len(m.Images)*tokensPerImage
}

func inTokens(bytes int) int { return (bytes + bytesPerToken - 1) / bytesPerToken }

// lastStep is where the last assistant message stands; len(msgs) if there is none.
func lastStep(msgs []Message) int {
	for i := len(msgs) - 1; i >= 0; i-- {
		if msgs[i].Role == RoleAssistant {
			return i
		}
	}
	return len(msgs)
}
