package cli

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
)

const devHelp = `
Serves what helps to try Kalpana and to develop it. Nothing of it belongs into production.

  kalpana dev fake-llm      a language model's server without a model, until Ctrl-C

It speaks the protocol of OpenRouter and of OpenAI-compatible servers, takes any key, and
answers a few fixed sentences with real calls of the agent's tools: say "help" in a chat.

--addr HOST:PORT is where it listens; port 0 takes a free one.
--pace is the time between two pieces of an answer; 0 is as fast as it can.
--strict refuses requests that the strictest provider would refuse, and says why.
`

// maxPace is a piece an answer that nobody would wait for.
const maxPace = 10 * time.Second

func runDev(ctx context.Context, k *call) error {
	addr := k.flags.String("addr", "127.0.0.1:8091", "address to listen on")
	strict := k.flags.Bool("strict", false, "refuse ill-formed requests")
	pace := k.flags.Duration("pace", 20*time.Millisecond, "time between two pieces of an answer")
	args, err := k.parse("fake-llm")
	if err != nil {
		return err
	}
	switch {
	case args[0] != "fake-llm":
		return usageError{fmt.Sprintf("%q is no subcommand of dev", args[0])}
	case *pace < 0 || *pace > maxPace:
		return usageError{fmt.Sprintf("--pace is %s; it is from 0 to %s", *pace, maxPace)}
	}
	if _, _, err := net.SplitHostPort(*addr); err != nil {
		return usageError{fmt.Sprintf("--addr is %q, which is not HOST:PORT", *addr)}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *addr)
	if err != nil {
		return fmt.Errorf("listen for requests to the demo model: %w; --addr takes another address", err)
	}
	url := "http://" + listener.Addr().String() + "/v1"
	made := map[string]string{"url": url, "model": llmtest.DemoModel}
	if err := k.print(made, func() {
		fmt.Fprintf(k.out, "OPENROUTER_BASE_URL=%s OPENROUTER_API_KEY=any AGENT_MODEL=%s make run\n", url, llmtest.DemoModel)
	}); err != nil {
		return errors.Join(err, listener.Close())
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		fmt.Fprintf(k.err, "Warning: whoever reaches %s can use it, without a key.\n", listener.Addr())
	}
	server := &http.Server{
		Handler:           &llmtest.Server{Answer: llmtest.Demo(*pace), Strict: *strict, Models: llmtest.DemoModels, Forgets: true},
		ReadHeaderTimeout: partingTimeout,
		ErrorLog:          log.New(k.err, "", 0),
	}
	// Answers may be half a minute long: whoever wants it to end wants it now.
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the demo model: %w", err)
	}
	return nil
}
