package config

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// USD is an amount of money in billionths of a dollar, written as decimal dollars ("2.50").
type USD int64

// Dollar is one US dollar.
const Dollar USD = 1_000_000_000

// maxUSDDigits keeps the whole part small enough for nine more digits in an int64.
const maxUSDDigits = 9

// ParseUSD reads dollars: at most nine digits, and after a point at most nine more. It reads
// no sign, no exponent and no currency, and rounds nothing.
func ParseUSD(s string) (USD, error) {
	whole, fraction, point := strings.Cut(s, ".")
	wrong := len(whole) < 1 || len(whole) > maxUSDDigits || len(fraction) > 9 || point && fraction == ""
	if wrong || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, fmt.Errorf("%q is no amount; write dollars, for example 2.50 or 0", s)
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 9-len(fraction)), 10, 64)
	return USD(n), err
}

// String returns the shortest text that ParseUSD reads as u.
func (u USD) String() string {
	sign, n := "", uint64(u)
	if u < 0 {
		sign, n = "-", -n
	}
	text := fmt.Sprintf("%s%d.%09d", sign, n/uint64(Dollar), n%uint64(Dollar))
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// MarshalJSON writes the amount as a string, which no reader rounds.
func (u USD) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// UnmarshalJSON reads a string; numbers are refused because they would be taken for billionths.
func (u *USD) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("an amount of dollars must be a string such as \"2.50\"")
	}
	v, err := ParseUSD(s)
	*u = v
	return err
}
