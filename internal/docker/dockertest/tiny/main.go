// Command tiny stands in for the bridge and the editor in tests that need many containers
// quickly: it starts in milliseconds and asks for the key like the real one.
//
// The variable TINY makes it misbehave: deaf (never ready), exit (ends at once, with code
// 3), hog (uses memory up). POST /exit ends it later; PUT and GET /file/… keep files in /workspace.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/kalpana-dev/kalpana/bridge/proof"
)

func main() {
	fmt.Println("tiny: started")
	switch os.Getenv("TINY") {
	case "exit":
		fmt.Println("tiny: told to end")
		os.Exit(3)
	case "hog":
		var kept [][]byte
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			kept = append(kept, b)
			_ = kept
		}
	}
	go http.ListenAndServe(":8080", keyed(http.HandlerFunc(serve)))
	go http.ListenAndServe(":3001", keyed(http.HandlerFunc(serve)))
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
}

// keyed proves to be the container's bridge, and lets pass who knows its key.
func keyed(next http.Handler) http.Handler {
	var hash [sha256.Size]byte
	if _, err := hex.Decode(hash[:], []byte(os.Getenv("KALPANA_KEY_SHA256"))); err != nil {
		fmt.Println("tiny: the hash of the key:", err)
	}
	return proof.Handler(hash, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(r.Header.Get("X-Kalpana-Key")))
		if hex.EncodeToString(sum[:]) != os.Getenv("KALPANA_KEY_SHA256") {
			http.Error(w, `{"error":"key"}`, http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

func serve(w http.ResponseWriter, r *http.Request) {
	file := filepath.Join("/workspace", filepath.Base(r.URL.Path))
	switch {
	case r.URL.Path == "/readyz" && os.Getenv("TINY") == "deaf":
		http.Error(w, "not ready", http.StatusServiceUnavailable)
	case r.Method == http.MethodPost && r.URL.Path == "/exit":
		os.Exit(1)
	case r.Method == http.MethodPut:
		data, err := io.ReadAll(r.Body)
		if err == nil {
			err = os.WriteFile(file, data, 0o644)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	case filepath.Dir(r.URL.Path) == "/file":
		http.ServeFile(w, r, file)
	}
}
