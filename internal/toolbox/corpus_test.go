package toolbox_test

import (
	"encoding/json"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
)

// corpus are calls as models write them who learnt other tools, or are careless.
var corpus = []struct{ name, args, tool, want string }{
	// names
	{"readFile", `{"path":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"read_file", `{"path":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"ReadFile", `{"path":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"read-file", `{"path":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"Read", `{"file_path":"/workspace/a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"functions.readFile", `{"path":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"functions.read_file:0", `{"path":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"default_api:readFile", `{"path":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"mcp__kalpana__read_file", `{"path":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{" cat ", `{"filename":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},

	// paths
	{"readFile", `{"path":"./src//a.ts"}`, "readFile", `{"path":"src/a.ts","startLine":1,"lineCount":500}`},
	{"readFile", `{"path":"/workspace/src/a.ts"}`, "readFile", `{"path":"src/a.ts","startLine":1,"lineCount":500}`},
	{"readFile", `{"path":"file:///workspace/src/a.ts"}`, "readFile", `{"path":"src/a.ts","startLine":1,"lineCount":500}`},
	{"readFile", `{"path":"src/../a.ts\n"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"readFile", `{"path":["a.ts"]}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"readFile", `{"target_file":"a.ts","should_read_entire_file":true}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"readFile", `{"absolute_path":"/workspace/a.ts","explanation":"to see"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"readFile", `{"path":"a.ts","Path":"a.ts"}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},

	// numbers and ranges
	{"readFile", `{"path":"a.ts","startLine":"10","lineCount":"20"}`, "readFile", `{"path":"a.ts","startLine":10,"lineCount":20}`},
	{"readFile", `{"path":"a.ts","startLine":10.0}`, "readFile", `{"path":"a.ts","startLine":10,"lineCount":500}`},
	{"readFile", `{"path":"a.ts","startLine":0,"lineCount":0}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"readFile", `{"path":"a.ts","lineCount":100000}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":2000}`},
	{"readFile", `{"path":"a.ts","startLine":null}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":500}`},
	{"Read", `{"file_path":"a.ts","offset":40,"limit":10}`, "readFile", `{"path":"a.ts","startLine":40,"lineCount":10}`},
	{"read_file", `{"path":"a.ts","start_line":5,"end_line":9}`, "readFile", `{"path":"a.ts","startLine":5,"lineCount":5}`},
	{"read_file", `{"target_file":"a.ts","start_line_one_indexed":1,"end_line_one_indexed_inclusive":250}`, "readFile", `{"path":"a.ts","startLine":1,"lineCount":250}`},
	{"str_replace_editor", `{"command":"view","path":"a.ts","view_range":[3,7]}`, "readFile", `{"path":"a.ts","startLine":3,"lineCount":5}`},
	{"view", `{"path":"a.ts","view_range":[3,-1]}`, "readFile", `{"path":"a.ts","startLine":3,"lineCount":2000}`},

	// writing
	{"write_file", `{"file_path":"a.ts","content":"x"}`, "writeFile", `{"path":"a.ts","content":"x","overwrite":false}`},
	{"Write", `{"file_path":"a.ts","content":""}`, "writeFile", `{"path":"a.ts","content":"","overwrite":false}`},
	{"create_file", `{"path":"a.ts","file_text":"x\n"}`, "writeFile", `{"path":"a.ts","content":"x\n","overwrite":false}`},
	{"writeFile", `{"path":"a.ts","contents":"x","overwrite":"true"}`, "writeFile", `{"path":"a.ts","content":"x","overwrite":true}`},
	{"writeFile", `{"path":"package.json","content":{"name":"x","private":true}}`, "writeFile", `{"path":"package.json","content":"{\n  \"name\": \"x\",\n  \"private\": true\n}\n","overwrite":false}`},
	{"writeFile", `{"path":"n.txt","content":42}`, "writeFile", `{"path":"n.txt","content":"42","overwrite":false}`},
	{"str_replace_based_edit_tool", `{"command":"create","path":"a.ts","file_text":"x"}`, "writeFile", `{"path":"a.ts","content":"x","overwrite":false}`},
	{"writeFile", `{"path":"a.html","content":"<b>&amp;</b>"}`, "writeFile", `{"path":"a.html","content":"<b>&amp;</b>","overwrite":false}`},

	// editing
	{"Edit", `{"file_path":"a.ts","old_string":"a","new_string":"b"}`, "editFile", `{"path":"a.ts","edits":[{"oldText":"a","newText":"b","replaceAll":false}]}`},
	{"str_replace", `{"path":"a.ts","old_str":"a","new_str":""}`, "editFile", `{"path":"a.ts","edits":[{"oldText":"a","newText":"","replaceAll":false}]}`},
	{"editFile", `{"path":"a.ts","edits":{"oldText":"a","newText":"b"}}`, "editFile", `{"path":"a.ts","edits":[{"oldText":"a","newText":"b","replaceAll":false}]}`},
	{"editFile", `{"path":"a.ts","edits":"[{\"oldText\":\"a\",\"newText\":\"b\",\"replaceAll\":\"yes\"}]"}`, "editFile", `{"path":"a.ts","edits":[{"oldText":"a","newText":"b","replaceAll":true}]}`},
	{"editFile", `{"path":"a.ts","edits":["{\"old_text\":\"a\",\"new_text\":\"b\"}"]}`, "editFile", `{"path":"a.ts","edits":[{"oldText":"a","newText":"b","replaceAll":false}]}`},
	{"MultiEdit", `{"file_path":"a.ts","edits":[{"old_string":"a","new_string":"b","replace_all":true}]}`, "editFile", `{"path":"a.ts","edits":[{"oldText":"a","newText":"b","replaceAll":true}]}`},
	{"replace_in_file", `{"path":"a.ts","search":"a","replace":"b"}`, "editFile", `{"path":"a.ts","edits":[{"oldText":"a","newText":"b","replaceAll":false}]}`},
	{"str_replace_editor", `{"command":"str_replace","path":"/workspace/a.ts","old_str":"a","new_str":"b"}`, "editFile", `{"path":"a.ts","edits":[{"oldText":"a","newText":"b","replaceAll":false}]}`},

	// moving and deleting
	{"mv", `{"source":"a","destination":"b/c"}`, "moveFile", `{"from":"a","to":"b/c","overwrite":false}`},
	{"rename_file", `{"old_path":"a","new_path":"b"}`, "moveFile", `{"from":"a","to":"b","overwrite":false}`},
	{"delete_file", `{"target_file":"a"}`, "deleteFile", `{"path":"a","recursive":false}`},
	{"rm", `{"path":"a/","recursive":1}`, "deleteFile", `{"path":"a","recursive":true}`},

	// searching
	{"ls", `{}`, "listFiles", `{"path":".","depth":2,"includeIgnored":false}`},
	{"LS", `{"path":"/workspace"}`, "listFiles", `{"path":".","depth":2,"includeIgnored":false}`},
	{"list_dir", `{"relative_workspace_path":"src","depth":99}`, "listFiles", `{"path":"src","depth":6,"includeIgnored":false}`},
	{"list_files", `{"path":"","recursive":true}`, "listFiles", `{"path":".","depth":4,"includeIgnored":false}`},
	{"Glob", `{"pattern":"**/*.ts"}`, "findFiles", `{"pattern":"**/*.ts","path":".","limit":200}`},
	{"grep", `{"pattern":"foo","-i":true}`, "searchCode", `{"query":"foo","isRegex":true,"path":".","include":"","caseSensitive":false,"context":0,"limit":100}`},
	{"Grep", `{"pattern":"foo","glob":["*.ts","*.tsx"],"path":"src"}`, "searchCode", `{"query":"foo","isRegex":true,"path":"src","include":"*.ts,*.tsx","context":0,"limit":100}`},
	{"search_files", `{"path":"src","regex":"a.b","file_pattern":"*.go"}`, "searchCode", `{"query":"a.b","isRegex":true,"path":"src","include":"*.go","context":0,"limit":100}`},
	{"searchCode", `{"query":404,"isRegex":"false","context":"2"}`, "searchCode", `{"query":"404","isRegex":false,"path":".","include":"","context":2,"limit":100}`},

	// commands
	{"bash", `{"command":"npm test"}`, "runCommand", `{"command":"npm test","cwd":".","timeoutSeconds":60,"background":false,"description":""}`},
	{"execute_command", `{"cmd":"npm test","requires_approval":false}`, "runCommand", `{"command":"npm test","cwd":".","timeoutSeconds":60,"background":false,"description":""}`},
	{"shell", `{"command":["bash","-lc","npm test && ls"],"workdir":"/workspace/web"}`, "runCommand", `{"command":"npm test && ls","cwd":"web","timeoutSeconds":60,"background":false,"description":""}`},
	{"shell", `{"command":["git","commit","-m","it's done"]}`, "runCommand", `{"command":"git commit -m 'it'\\''s done'","cwd":".","timeoutSeconds":60,"background":false,"description":""}`},
	{"Bash", `{"command":"make","timeout":120000,"run_in_background":"false"}`, "runCommand", `{"command":"make","cwd":".","timeoutSeconds":600,"background":false,"description":""}`},
	{"run_terminal_cmd", `{"command":"npm run dev","is_background":true,"explanation":"start it"}`, "runCommand", `{"command":"npm run dev","cwd":".","timeoutSeconds":60,"background":true,"description":"start it"}`},
	{"runCommand", `{"command":"ls","timeoutMs":1500}`, "runCommand", `{"command":"ls","cwd":".","timeoutSeconds":2,"background":false,"description":""}`},
	{"BashOutput", `{"bash_id":"k-1"}`, "readProcess", `{"processId":"k-1","sinceByte":0,"waitSeconds":0,"tailLines":100}`},
	{"readProcess", `{"processId":"k-1","waitSeconds":300,"sinceByte":-5}`, "readProcess", `{"processId":"k-1","sinceByte":0,"waitSeconds":30,"tailLines":100}`},
	{"KillShell", `{"shell_id":"k-1"}`, "stopProcess", `{"processId":"k-1"}`},
	{"send_input", `{"process_id":"k-1","data":"Ctrl-C"}`, "writeProcess", `{"processId":"k-1","input":"ctrl-c"}`},
	{"writeProcess", `{"processId":"k-1","input":"\u0003"}`, "writeProcess", `{"processId":"k-1","input":"ctrl-c"}`},
	{"previewPort", `{"port":"5173"}`, "previewPort", `{"port":5173,"path":"/","waitSeconds":20}`},
	{"open_browser", `{"url":"http://localhost:3000/login?next=%2F#top"}`, "previewPort", `{"port":3000,"path":"/login?next=%2F","waitSeconds":20}`},
	{"previewPort", `{"port":3000,"path":"about"}`, "previewPort", `{"port":3000,"path":"/about","waitSeconds":20}`},

	// git, plan and question
	{"git_status", `{}`, "gitStatus", `{"path":"."}`},
	{"gitDiff", `{"cached":true,"file_path":"a"}`, "gitDiff", `{"path":"a","staged":true,"base":""}`},
	{"git_commit", `{"msg":"fix: it","files":"a.ts"}`, "gitCommit", `{"message":"fix: it","paths":["a.ts"]}`},
	{"gitCommit", `{"message":"x","paths":"[\"a\",\"/workspace/b\"]"}`, "gitCommit", `{"message":"x","paths":["a","b"]}`},
	{"TodoWrite", `{"todos":[{"content":"a","status":"in_progress","activeForm":"doing a"},{"content":"b","status":"completed"},{"content":"c"}]}`, "updatePlan", `{"items":[{"title":"a","status":"active"},{"title":"b","status":"done"},{"title":"c","status":"pending"}]}`},
	{"update_plan", `{"plan":[{"step":"a","status":"pending"}],"explanation":"so"}`, "updatePlan", `{"items":[{"title":"a","status":"pending"}]}`},
	{"updatePlan", `{"items":["a","b"]}`, "updatePlan", `{"items":[{"title":"a","status":"pending"},{"title":"b","status":"pending"}]}`},
	{"ask_followup_question", `{"question":"Which?","follow_up":["a","b"]}`, "askUser", `{"question":"Which?","options":["a","b"]}`},
	{"askUser", `{"question":"Which?","options":[{"label":"a","description":"…"},"b"]}`, "askUser", `{"question":"Which?","options":["a","b"]}`},
}

func TestWhatModelsWriteIsUnderstood(t *testing.T) {
	s := toolbox.New(toolbox.Options{})
	for _, c := range corpus {
		got, problem := s.Prepare(agent.ToolCall{Name: c.name, Arguments: json.RawMessage(c.args)})
		if problem != nil {
			t.Errorf("%s %s: %v", c.name, c.args, problem)
			continue
		}
		if got.Tool != c.tool || string(got.Arguments) != c.want {
			t.Errorf("%s %s:\n got %s %s\nwant %s %s", c.name, c.args, got.Tool, got.Arguments, c.tool, c.want)
		}
		again, problem := s.Prepare(agent.ToolCall{Name: got.Tool, Arguments: got.Arguments})
		if problem != nil || string(again.Arguments) != string(got.Arguments) {
			t.Errorf("%s %s: the canonical form reads as %v, %v", c.name, c.args, again, problem)
		}
	}
	if len(corpus) < 60 {
		t.Errorf("only %d calls", len(corpus))
	}
}

func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	s := toolbox.New(toolbox.Options{})
	for _, c := range []struct{ name, args, code, message string }{
		{"flyToMoon", `{}`, toolbox.CodeUnknownTool, "there is no tool flyToMoon. Known are askUser, deleteFile, editFile, findFiles, gitCommit, gitDiff, gitStatus, listFiles, moveFile, previewPort, readFile, readProcess, runCommand, searchCode, stopProcess, updatePlan, writeFile, writeProcess."},
		{"str_replace_editor", `{"command":"insert","path":"a"}`, toolbox.CodeUnknownTool, ""},
		{"readFile", `{}`, toolbox.CodeBadArguments, "readFile: path: expected a path, got nothing."},
		{"readFile", `{"where":"a.ts","depth":2}`, toolbox.CodeBadArguments, "readFile: path: expected a path, got nothing. There is no argument depth, where."},
		{"readFile", `{"path":"a.ts","startLine":"ten"}`, toolbox.CodeBadArguments, `readFile: startLine: expected a whole number from 1, got "ten".`},
		{"readFile", `{"path":"a.ts","startLine":1.5}`, toolbox.CodeBadArguments, `readFile: startLine: expected a whole number from 1, got 1.5.`},
		{"readFile", `{"path":{"a":1}}`, toolbox.CodeBadArguments, `readFile: path: expected a path, got {"a":1}.`},
		{"readFile", `{"path":"a","file_path":"b"}`, toolbox.CodeBadArguments, `readFile: "path" and "file_path" say different things; give path only.`},
		{"readFile", `{"path":"a","path":"b"}`, toolbox.CodeBadArguments, ""},
		{"readFile", `{"path":""}`, toolbox.CodeBadArguments, `readFile: path: expected a path, got "".`},
		{"readFile", `{"path":"a\u0000b"}`, toolbox.CodeBadArguments, ""},
		{"readFile", `{"path":"../secret"}`, toolbox.CodePathOutside, "path leaves the workspace: ../secret. Use a path under /workspace."},
		{"readFile", `{"path":"src/../../etc/passwd"}`, toolbox.CodePathOutside, ""},
		{"readFile", `{"path":"/etc/passwd"}`, toolbox.CodePathOutside, ""},
		{"readFile", `{"path":"/workspace2/a"}`, toolbox.CodePathOutside, ""},
		{"readFile", `{"path":"~/.ssh/id_rsa"}`, toolbox.CodePathOutside, ""},
		{"readFile", `[]`, toolbox.CodeBadArguments, ""},
		{"readFile", `{"path"`, toolbox.CodeBadArguments, ""},
		{"writeFile", `{"path":"a"}`, toolbox.CodeBadArguments, "writeFile: content: expected a text, got nothing."},
		{"writeFile", `{"path":".","content":"x"}`, toolbox.CodeBadArguments, ""},
		{"editFile", `{"path":"a","edits":[]}`, toolbox.CodeBadArguments, "editFile: edits: expected 1 to 20 of them, got 0."},
		{"editFile", `{"path":"a","edits":[{"oldText":"x"}]}`, toolbox.CodeBadArguments, "editFile: edits[0]: newText: expected a text, got nothing."},
		{"editFile", `{"path":"a","edits":["x"]}`, toolbox.CodeBadArguments, `editFile: edits[0]: expected an object, got "x".`},
		{"editFile", `{"path":"a","edits":[{"oldText":"","newText":"x"}]}`, toolbox.CodeEditEmptyOld, ""},
		{"editFile", `{"path":"a","edits":[{"oldText":"x","newText":"x"}]}`, toolbox.CodeEditSame, ""},
		{"moveFile", `{"from":"a","to":"a/b"}`, toolbox.CodeBadArguments, ""},
		{"moveFile", `{"from":"a","to":"./a"}`, toolbox.CodeBadArguments, ""},
		{"deleteFile", `{"path":"/workspace"}`, toolbox.CodeBadArguments, ""},
		{"runCommand", `{"command":"  "}`, toolbox.CodeBadArguments, ""},
		{"runCommand", `{"command":"ls","background":"perhaps"}`, toolbox.CodeBadArguments, `runCommand: background: expected true or false, got "perhaps".`},
		{"previewPort", `{"port":8080}`, toolbox.CodeBadArguments, ""},
		{"previewPort", `{"port":80}`, toolbox.CodeBadArguments, ""},
		{"previewPort", `{"port":3000,"path":"/a b"}`, toolbox.CodeBadArguments, ""},
		{"updatePlan", `{"items":[{"title":"a","status":"active"},{"title":"b","status":"active"}]}`, toolbox.CodeBadArguments, "updatePlan: items: expected at most one active step, got 2."},
		{"updatePlan", `{"items":[{"title":"a","status":"maybe"}]}`, toolbox.CodeBadArguments, `updatePlan: items[0]: status: expected one of pending, active, done, dropped, got "maybe".`},
		{"askUser", `{"question":"x","options":["1","2","3","4","5","6"]}`, toolbox.CodeBadArguments, ""},
		{"searchCode", `{"query":""}`, toolbox.CodeBadArguments, ""},
	} {
		_, problem := s.Prepare(agent.ToolCall{Name: c.name, Arguments: json.RawMessage(c.args)})
		if problem == nil || problem.Code != c.code || c.message != "" && problem.Message != c.message {
			t.Errorf("%s %s:\n got %v\nwant %s: %s", c.name, c.args, problem, c.code, c.message)
		}
	}
}

func TestCallsThatAreNotWhole(t *testing.T) {
	s := toolbox.New(toolbox.Options{})
	for invalid, code := range map[string]string{
		agent.InvalidNotJSON: toolbox.CodeBadArguments, agent.InvalidNotObject: toolbox.CodeBadArguments,
		agent.InvalidCutOff: toolbox.CodeBadArguments, agent.InvalidNoName: toolbox.CodeUnknownTool,
	} {
		_, problem := s.Prepare(agent.ToolCall{Name: "deleteFile", Arguments: json.RawMessage(`{"path":"a"}`), Invalid: invalid, Raw: `{"path":`})
		wantError(t, problem, code)
	}
}

func FuzzPrepare(f *testing.F) {
	for _, c := range corpus {
		f.Add(c.name, c.args)
	}
	f.Add("readFile", `{"path":".//\n~"}`)
	f.Add("edit", `{"edits":"[null]","path":"a"}`)
	s := toolbox.New(toolbox.Options{})
	f.Fuzz(func(t *testing.T, name, args string) {
		c, problem := s.Prepare(agent.ToolCall{Name: name, Arguments: json.RawMessage(args)})
		if problem != nil {
			if problem.Code == "" || problem.Message == "" || len(problem.Message) > 9<<10 {
				t.Fatalf("poor error: %v", problem)
			}
			return
		}
		if !json.Valid(c.Arguments) || c.Title == "" && c.Tool != "askUser" && c.Tool != "runCommand" || len(c.Title) > 200 {
			t.Fatalf("%s %s: title %q, arguments %s", name, args, c.Title, c.Arguments)
		}
		again, problem := s.Prepare(agent.ToolCall{Name: c.Tool, Arguments: c.Arguments})
		if problem != nil || string(again.Arguments) != string(c.Arguments) || again.Tool != c.Tool {
			t.Fatalf("%s %s reads as %s, and that as %+v, %v", name, args, c.Arguments, again, problem)
		}
	})
}
