package openrouter

import (
	"math"
	"strings"
)

func saturate(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// nano reads a decimal number such as 0.00042 or 4.2e-4 and returns it times 10^shift,
// exactly, rounded up if more digits follow, at most math.MaxInt64. Money is never a
// float: sums of them drift. It refuses negative and other numbers.
func nano(s string, shift int) (int64, bool) {
	const longest, largestExponent = 400, 400 // of a float64 written out
	if s == "" || len(s) > longest {
		return 0, false
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	point := len(whole) + shift
	if hasExponent {
		e, ok := small(exponent, largestExponent)
		if !ok {
			return 0, false
		}
		point += e
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	var n int64
	for i, d := range digits {
		if i >= point {
			if strings.Trim(digits[i:], "0") != "" {
				n = saturate(n, 1)
			}
			return n, true
		}
		n = tenfold(n, int64(d-'0'))
	}
	for i := len(digits); i < point && n != 0; i++ {
		n = tenfold(n, 0)
	}
	return n, true
}

func tenfold(n, digit int64) int64 {
	if n > (math.MaxInt64-digit)/10 {
		return math.MaxInt64
	}
	return n*10 + digit
}

// small reads an integer of at most limit, either sign.
func small(s string, limit int) (int, bool) {
	sign := 1
	if s = strings.TrimPrefix(s, "+"); strings.HasPrefix(s, "-") {
		s, sign = s[1:], -1
	}
	if s == "" || len(s) > 6 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n := 0
	for _, d := range s {
		n = n*10 + int(d-'0')
	}
	return sign * n, n <= limit
}
