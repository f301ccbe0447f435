package spend

import (
	"fmt"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// Format writes money for people: "$0.0123" below a dollar, "$12.34" from there, rounded to
// the nearest. An amount that would be rounded to nothing is "<$0.0001".
func Format(n agent.NanoUSD) string {
	sign, u := "", uint64(n)
	if n < 0 {
		sign, u = "-", -u
	}
	const dollar, cent, smallest = 1_000_000_000, 10_000_000, 100_000
	switch {
	case n > 0 && u < smallest/2:
		return "<$0.0001"
	case u < smallest/2:
		return "$0.00"
	case u+smallest/2 < dollar:
		u = (u + smallest/2) / smallest
		return fmt.Sprintf("%s$0.%04d", sign, u)
	}
	u = (u + cent/2) / cent
	return fmt.Sprintf("%s$%d.%02d", sign, u/100, u%100)
}
