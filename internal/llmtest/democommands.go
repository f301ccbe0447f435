package llmtest

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// job is what one command means: steps with calls, and what is said after the last result.
type job struct {
	steps   []step
	forever bool // the last step again and again
	end     func(d *demo, got []outcome)
}

// step is one message with calls.
type step struct {
	say   string
	calls []wish
}

type wish struct {
	name      string
	arguments map[string]any
}

func does(say, tool string, arguments map[string]any) step {
	return step{say: say, calls: []wish{{tool, arguments}}}
}

// then ends a job with a text that may show the last result.
func then(format func(last string) string) func(*demo, []outcome) {
	return func(d *demo, got []outcome) {
		last := ""
		if len(got) > 0 {
			if r := got[len(got)-1].results; len(r) > 0 {
				last = plain(r[len(r)-1])
			}
		}
		d.say(format(last) + "\n\n")
	}
}

// commands are the parts of a text between line ends and semicolons; those in quotes are
// part of what is quoted.
func commands(text string) []string {
	var all []string
	var quoted rune
	begin, before := 0, ' '
	add := func(end int) {
		if s := strings.TrimSpace(text[begin:end]); s != "" {
			all = append(all, s)
		}
	}
	for i, r := range text {
		switch {
		case quoted != 0:
			if r == quoted || r == '\n' {
				quoted = 0
			}
		case r == '`' || r == '"' || r == '\'' && unicode.IsSpace(before):
			quoted = r
		}
		if quoted == 0 && (r == ';' || r == '\n') {
			add(i)
			begin = i + 1
		}
		before = r
	}
	add(len(text))
	return all
}

const quotedWord = "(?:'([^']+)'|\"([^\"]+)\"|`([^`]+)`)"

// sentences are all that the model understands. The first that fits counts.
var sentences = []struct {
	form *regexp.Regexp
	job  func(m []string) job
}{
	{form(`create (?:a |an |the )?(?:new )?react component (?:called |named )?["'` + "`" + `]?([a-z][a-z0-9]*)["'` + "`" + `]?`), func(m []string) job { return component(m[1]) }},
	{form(`(?:edit|replace|change) ` + quotedWord + ` (?:with|by|to|into) ` + quotedWord + ` in (\S+)`), func(m []string) job {
		return edit(m[1]+m[2]+m[3], m[4]+m[5]+m[6], file(m[7]))
	}},
	{form(`(?:read|show|open) (?:the )?(?:file )?(\S+)`), func(m []string) job { return read(file(m[1])) }},
	{form(`write ` + quotedWord + ` (?:to|into) (\S+)`), func(m []string) job { return write(m[1]+m[2]+m[3], file(m[4])) }},
	{form("run in (?:the )?background:? *`?([^`]+?)`?"), func(m []string) job { return run(m[1], true) }},
	{form("run(?:: *| +`)([^`]+?)`?"), func(m []string) job { return run(m[1], false) }},
	{form(`start (?:a |the )?(?:web |dev )?server(?: on (?:port )?([0-9]{1,5}))?`), func(m []string) job { return server(m[1]) }},
	{form(`plan\b:? *(.*)`), func(m []string) job { return plan(m[1]) }},
	{form(`ask me\b:? *(.*)`), func(m []string) job { return question(m[1]) }},
	{form(`(?:delete|remove) (?:the )?(file |folder )?(\S+)`), func(m []string) job {
		name := file(m[2])
		return job{
			steps: []step{does("I delete "+code(name)+".", "deleteFile", map[string]any{"path": name, "recursive": strings.HasPrefix(strings.ToLower(m[1]), "folder")})},
			end:   then(func(string) string { return code(name) + " is gone. The checkpoint of this turn brings it back." }),
		}
	}},
	{form(`(?:move|rename) (\S+) to (\S+)`), func(m []string) job {
		from, to := file(m[1]), file(m[2])
		return job{
			steps: []step{does("", "moveFile", map[string]any{"from": from, "to": to})},
			end:   then(func(string) string { return code(from) + " is " + code(to) + " now." }),
		}
	}},
	{form(`list(?: (?:the )?files)?(?: in (\S+))?`), func(m []string) job {
		name := "."
		if m[1] != "" {
			name = file(m[1])
		}
		return shown(does("I look at what is there.", "listFiles", map[string]any{"path": name, "depth": 2}))
	}},
	{form(`search (?:for )?(.+)`), func(m []string) job {
		return shown(does("", "searchCode", map[string]any{"query": strings.Trim(m[1], "'\"`"), "isRegex": false}))
	}},
	{form(`(?:git )?status`), func([]string) job { return shown(does("", "gitStatus", map[string]any{})) }},
	{form(`(?:git )?diff`), func([]string) job { return shown(does("", "gitDiff", map[string]any{})) }},
	{form(`commit:? (.+)`), func(m []string) job {
		return shown(does("I commit what has changed.", "gitCommit", map[string]any{"message": strings.Trim(m[1], "'\"`")}))
	}},
	{form(`think\b.*`), func([]string) job {
		return job{end: func(d *demo, _ []outcome) {
			d.says = append(d.says, utterance{thought: true, text: demoThoughts})
			d.say("I have thought about it: do the simplest thing that works, and look whether it does.\n\n")
		}}
	}},
	{form(`write (?:me )?a long answer`), func([]string) job {
		return job{end: func(d *demo, _ []outcome) { d.says = append(d.says, utterance{text: longAnswer(), runes: 48}) }}
	}},
	{form(`slow(?:ly)?`), func([]string) job {
		return job{end: func(d *demo, _ []outcome) {
			d.says = append(d.says, utterance{text: strings.Repeat("tick ", slowPieces), runes: len("tick "), pause: slowPause})
		}}
	}},
	{form(`fail`), func([]string) job { return job{end: func(d *demo, _ []outcome) { d.act = upstreamFails() }} }},
	{form(`break off`), func([]string) job {
		return job{end: func(d *demo, _ []outcome) {
			d.say("This is the beginning of an answer that will never have an")
			d.cut = true
		}}
	}},
	{form(`loop`), func([]string) job {
		return job{steps: []step{does("Again.", "listFiles", map[string]any{"path": ".", "depth": 1})}, forever: true}
	}},
}

const (
	slowPause  = 300 * time.Millisecond
	slowPieces = 100 // half a minute
)

// form is a whole command, whatever its case, with or without politeness.
func form(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?is)^(?:please,? )?` + pattern + `(?:,? please)?[.!]?$`)
}

func jobFor(command string) job {
	for _, s := range sentences {
		if m := s.form.FindStringSubmatch(command); m != nil {
			return s.job(m)
		}
	}
	return job{end: func(d *demo, _ []outcome) { d.say(demoHelp) }}
}

// file is a word as a name of a file, without quotes.
func file(word string) string { return strings.Trim(word, "'\"`,") }

func code(text string) string { return "`" + text + "`" }

// shown is a step whose result is all there is to tell.
func shown(s step) job {
	return job{steps: []step{s}, end: then(func(last string) string { return "This is what I got:\n\n" + fenced(last) })}
}

// fenced is the beginning of a text in a block of code that its own fences cannot end.
func fenced(text string) string {
	const lines, runes = 12, 800
	all := strings.SplitAfterN(text, "\n", lines+1)
	short := strings.TrimRight(strings.Join(all[:min(len(all), lines)], ""), "\n")
	if r := []rune(short); len(r) > runes {
		short = string(r[:runes])
	}
	if len(short) < len(strings.TrimRight(text, "\n")) {
		short += "\n…"
	}
	fence := "```"
	for strings.Contains(short, fence) {
		fence += "`"
	}
	return fence + "\n" + short + "\n" + fence
}

func component(name string) job {
	name = strings.ToUpper(name[:1]) + name[1:]
	at := path.Join("src/components", name+".tsx")
	return job{
		steps: []step{does(fmt.Sprintf("I create the component `%s` in `%s`: a plain function with typed properties, in a file of its own.", name, at), "writeFile",
			map[string]any{"path": at, "content": fmt.Sprintf(componentText, name)})},
		end: then(func(string) string {
			return fmt.Sprintf("Created `%s`. Use it like this:\n\n```tsx\nimport { %s } from './components/%s';\n\n<%s label=\"Save\" onClick={save} />\n```", at, name, name, name)
		}),
	}
}

const componentText = `import type { ReactNode } from 'react';

export interface %[1]sProps {
  /** What it says. */
  label: string;
  /** Shown before the label. */
  icon?: ReactNode;
  disabled?: boolean;
  onClick?: () => void;
}

export function %[1]s({ label, icon, disabled = false, onClick }: %[1]sProps) {
  return (
    <button type="button" disabled={disabled} onClick={onClick}>
      {icon}
      <span>{label}</span>
    </button>
  );
}
`

func edit(before, after, name string) job {
	return job{
		steps: []step{
			does(fmt.Sprintf("I read `%s` first.", name), "readFile", map[string]any{"path": name}),
			does("Now I change it.", "editFile", map[string]any{"path": name, "edits": []map[string]any{{"oldText": before, "newText": after, "replaceAll": false}}}),
		},
		end: then(func(string) string {
			return fmt.Sprintf("Replaced %s with %s in `%s`.", code(before), code(after), name)
		}),
	}
}

func read(name string) job {
	return job{
		steps: []step{does("", "readFile", map[string]any{"path": name})},
		end:   then(func(last string) string { return fmt.Sprintf("I read `%s`. It begins:\n\n%s", name, fenced(last)) }),
	}
}

func write(text, name string) job {
	return job{
		steps: []step{does("", "writeFile", map[string]any{"path": name, "content": text + "\n"})},
		end:   then(func(string) string { return "Wrote " + code(name) + "." }),
	}
}

func run(command string, background bool) job {
	arguments := map[string]any{"command": command}
	if background {
		arguments["background"] = true
	}
	return job{
		steps: []step{does("I run "+code(command)+".", "runCommand", arguments)},
		end:   then(func(last string) string { return "The command answered:\n\n" + fenced(last) }),
	}
}

func server(port string) job {
	n, err := strconv.Atoi(port)
	if err != nil {
		n = 5173
	}
	return job{
		steps: []step{
			does("I start a server for the files of the workspace.", "runCommand", map[string]any{"command": fmt.Sprintf("python3 -m http.server %d --bind 127.0.0.1", n), "background": true, "description": "a web server"}),
			does("Now I see whether it answers.", "previewPort", map[string]any{"port": n, "path": "/", "waitSeconds": 20}),
		},
		end: then(func(last string) string { return fmt.Sprintf("The server on port %d answers:\n\n%s", n, fenced(last)) }),
	}
}

func plan(about string) job {
	if about == "" {
		about = "the workspace"
	}
	items := []string{"See what is there", "Find what belongs to: " + shortened(about, 60), "Say what I found"}
	update := func(statuses ...string) wish {
		var list []map[string]any
		for i, title := range items {
			list = append(list, map[string]any{"title": title, "status": statuses[i]})
		}
		return wish{"updatePlan", map[string]any{"items": list}}
	}
	return job{
		steps: []step{
			{"This takes a few steps, so I make a plan.", []wish{update("active", "pending", "pending")}},
			{"", []wish{{"listFiles", map[string]any{"path": ".", "depth": 2}}}},
			{"", []wish{update("done", "active", "pending"), {"findFiles", map[string]any{"pattern": "**/*.md"}}, {"searchCode", map[string]any{"query": "TODO", "isRegex": false}}}},
			{"", []wish{update("done", "done", "active")}},
			{"", []wish{update("done", "done", "done")}},
		},
		end: func(d *demo, got []outcome) {
			d.say("All three steps are done. What is there:\n\n" + fenced(got[1].result("listFiles")) + "\n\n")
		},
	}
}

func question(about string) job {
	about = strings.TrimRight(strings.TrimSpace(about), "?.")
	if about == "" {
		about = "which colour it shall have"
	}
	options := []string{"Red", "Green", "Blue"}
	if !strings.Contains(strings.ToLower(about), "colo") {
		options = []string{"Yes", "No", "You decide"}
	}
	text := strings.ToUpper(about[:1]) + about[1:] + "?"
	return job{
		steps: []step{does("There is something I need to know.", "askUser", map[string]any{"question": shortened(text, 500), "options": options})},
		end:   then(func(last string) string { return "You answered: " + last }),
	}
}

func shortened(text string, runes int) string {
	if r := []rune(text); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return text
}
