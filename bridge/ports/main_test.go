package ports_test

import (
	"fmt"
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the program that TestListNamesTheProgram starts: one that listens.
func TestMain(m *testing.M) {
	if address := os.Getenv("PORTS_TEST_LISTEN"); address != "" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(l.Addr().(*net.TCPAddr).Port)
		os.Stdin.Read(make([]byte, 1)) // until the test closes it
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
