package toolbox_test

import (
	"encoding/json"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/toolbox"
)

func BenchmarkPrepare(b *testing.B) {
	s := toolbox.New(toolbox.Options{})
	call := agentCall("editFile", `{"file_path":"src/a.ts","old_string":"a","new_string":"b"}`)
	for b.Loop() {
		if _, problem := s.Prepare(call); problem != nil {
			b.Fatal(problem)
		}
	}
}

func BenchmarkDefinitions(b *testing.B) {
	size := 0
	for b.Loop() {
		data, err := json.Marshal(toolbox.Definitions())
		if err != nil {
			b.Fatal(err)
		}
		size = len(data)
	}
	b.ReportMetric(float64(size), "bytes")
}
