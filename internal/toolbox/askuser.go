package toolbox

import (
	"context"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/permission"
)

// Question is what the agent asks the user. Options are answers to choose from, at most five;
// any other answer is as good.
type Question struct {
	Text    string
	Options []string
}

const (
	maxQuestion = 500 // characters
	maxOptions  = 5
	maxOption   = 200 // characters
	// maxAnswer is how many characters of an answer the model gets.
	maxAnswer = 8000
)

func askUser() tool {
	return tool{
		name: "askUser", class: permission.ClassAsks,
		description: "Asks the user one question and waits for the answer. For decisions that are the user's and cannot be found out otherwise.",
		aliases:     []string{"ask", "askquestion", "askfollowupquestion", "askuserquestion", "question", "requestuserinput", "askhuman"},
		fields: []field{
			{name: "question", kind: text, required: true, most: maxQuestion, aliases: []string{"text", "prompt", "message", "query"}},
			{name: "options", kind: texts, max: maxOptions, fallback: []string{}, most: maxOption, label: true, inner: "label text title value option", about: "answers to choose from", aliases: []string{"choices", "suggestions", "followup", "answers"}},
		},
		fresh: func() arguments { return &askUserArgs{} },
	}
}

type askUserArgs struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
}

func (a *askUserArgs) check() *Error {
	if strings.TrimSpace(a.Question) == "" {
		return expected("question", "a text", encode(a.Question))
	}
	return nil
}

func (a *askUserArgs) describe(*Session, *permission.Call) string { return a.Question }

func (a *askUserArgs) run(context.Context, *Call, func(string)) Result {
	return failed(errorf(CodeAsksUser, "the question was not asked: nobody is there to answer."))
}

// Question returns what is to be asked if c is a call of askUser. Whoever runs the turn asks
// it and makes the result with Answer; Run answers with an error.
func (c *Call) Question() (Question, bool) {
	if a, ok := c.args.(*askUserArgs); ok {
		return Question{Text: a.Question, Options: slices.Clone(a.Options)}, true
	}
	return Question{}, false
}

// Answer is the result of askUser after the user answered.
func Answer(_ Question, answer string) Result {
	answer = shorten(strings.ToValidUTF8(answer, "\uFFFD"), maxAnswer)
	return Result{Text: "The user answers: " + answer + "\n", Output: encode(map[string]string{"answer": answer})}
}
