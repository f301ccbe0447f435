package chat

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// modelMessage is a user's message as the model gets it. Errors: *InvalidError for files
// that models cannot be given.
func modelMessage(m uistream.Message) (agent.Message, error) {
	out := agent.Message{Role: agent.RoleUser}
	var text []string
	for i, p := range m.Parts {
		if p.Type == "text" {
			text = append(text, *p.Text)
			continue
		}
		_, encoded, _ := strings.Cut(p.URL, ",")
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return out, &InvalidError{fmt.Sprintf("messages.parts[%d].url", i), "has no valid base64"}
		}
		switch {
		case strings.HasPrefix(p.MediaType, "image/"):
			out.Images = append(out.Images, agent.Image{MediaType: p.MediaType, Data: data})
		case p.MediaType == "text/plain":
			text = append(text, fmt.Sprintf("<file name=%q>\n%s\n</file>", p.Filename, data))
		default:
			return out, &InvalidError{fmt.Sprintf("messages.parts[%d].mediaType", i), "is a picture or plain text: models here read nothing else. Put the file into the workspace."}
		}
	}
	out.Text = strings.Join(text, "\n\n")
	return out, nil
}
