package uistream

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Decode reads what [Encode] wrote. The chunk is not checked.
func Decode(data []byte) (Chunk, error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &kind); err != nil {
		return nil, fmt.Errorf("read a chunk: %w", err)
	}
	if name, ok := strings.CutPrefix(kind.Type, "data-"); ok {
		c, err := decode[Data](data)
		if d, ok := c.(Data); ok {
			d.Name = name
			return d, err
		}
		return nil, err
	}
	for _, t := range decoders {
		if t.zero.Type() == kind.Type {
			return t.decode(data)
		}
	}
	return nil, fmt.Errorf("read a chunk: there is no type %q", kind.Type)
}

func decode[C Chunk](data []byte) (Chunk, error) {
	var c C
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("read a chunk: %w", err)
	}
	return c, nil
}

type decoder struct {
	zero   Chunk
	decode func([]byte) (Chunk, error)
}

func of[C Chunk]() decoder {
	var zero C
	return decoder{zero, decode[C]}
}

var decoders = []decoder{
	of[TextDelta](), of[TextStart](), of[TextEnd](), of[ReasoningDelta](), of[ReasoningStart](), of[ReasoningEnd](),
	of[ToolInputStart](), of[ToolInputDelta](), of[ToolInputAvailable](), of[ToolInputError](),
	of[ToolApprovalRequest](), of[ToolApprovalResponse](), of[ToolOutputAvailable](), of[ToolOutputError](), of[ToolOutputDenied](),
	of[Start](), of[StartStep](), of[FinishStep](), of[Finish](), of[Abort](), of[Error](), of[MessageMetadata](),
	of[SourceURL](), of[SourceDocument](), of[File](),
}
