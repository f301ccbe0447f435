package toolbox

import (
	"regexp"
	"strings"
)

// placeholders are lines that stand for code somebody was too lazy to write: a comment, or
// nothing but dots, that speaks of the rest.
var placeholders = regexp.MustCompile(`(?i)^[\s>]*(//+|#+|/\*+|\{/\*|<!--+|--+|;+|\*|%+|'|\(\*|\.\.\.|…|\[)[\s.…\-*]*` +
	`(\(?(the )?(rest|remaining|remainder|existing|previous|original|other|same|all)\b.*\b(unchanged|same|as before|code|methods?|functions?|file|content|implementation|imports?|stays?|remains?|here|omitted|lines|above|class|component|logic)\b` +
	`|(unchanged|omitted|snip(ped)?|code (omitted|unchanged)|no changes?)\b` +
	`|keep .*\b(existing|same|rest|unchanged|as is)\b)`)

// omission returns the first line of s that looks like a placeholder for code that was left
// out, without the blanks around it; empty if there is none.
func omission(s string) string {
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if len(line) > 200 || !placeholders.MatchString(line) {
			continue
		}
		// "// the rest of this file is generated" has no dots and is an honest remark, unless it
		// says outright that something is as it was.
		lower := strings.ToLower(line)
		if strings.Contains(line, "...") || strings.Contains(line, "…") || strings.Contains(lower, "unchanged") ||
			strings.Contains(lower, "omitted") || strings.Contains(lower, "same as before") || strings.Contains(lower, "remains the same") {
			return line
		}
	}
	return ""
}

// shrinks reports whether what had before bytes loses more than 30 % of them.
func shrinks(before, after int64) bool { return before > 0 && after*10 < before*7 }

func omitted(field, placeholder string) *Error {
	return errorf(CodeOmittedCode, "%s has %q where code was, and would drop it. Write the code out, or use editFile for the lines that change. Nothing was changed.", field, clip(placeholder, 100))
}
