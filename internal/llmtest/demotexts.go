package llmtest

import (
	"fmt"
	"strings"
)

// demoHelp is the answer to "help", and to all that is not understood.
const demoHelp = "I am a demo model: no intelligence, only a few fixed sentences, but the tools I call are real. I understand, one per line or with `;` between them:\n\n" +
	"| say | I call |\n|---|---|\n" +
	"| create a new React component called Button | `writeFile` |\n" +
	"| read README.md | `readFile` |\n" +
	"| write 'text' to notes.txt | `writeFile` |\n" +
	"| replace 'old' with 'new' in notes.txt | `readFile`, `editFile` |\n" +
	"| move notes.txt to old.txt · delete old.txt · delete folder src | `moveFile`, `deleteFile` |\n" +
	"| list files · search for text · status · diff · commit: message | the read and git tools |\n" +
	"| run `npm test` · run: npm test · run in background: npm start | `runCommand` |\n" +
	"| start a server · start a server on port 3000 | `runCommand`, `previewPort` |\n" +
	"| plan a new page | `updatePlan`, then a look around |\n" +
	"| ask me which colour to take | `askUser` |\n" +
	"| think about it | nothing: I only think |\n" +
	"| write a long answer · slow | nothing: text, for scrolling and stopping |\n" +
	"| fail · break off · loop | nothing good: an upstream that fails, a stream that is cut, the same call for ever |\n\n" +
	"After \"continue\" I go on with what you wanted before.\n"

const demoThoughts = "The user wants me to think. What do I know? Only what stands in the conversation. " +
	"There are two ways: the clever one, which I would have to explain, and the simple one, which explains itself. " +
	"The clever one saves a few lines and costs a reader an afternoon. So the simple one. " +
	"Before I say so: can it go wrong? It can, if the input is empty; then there is nothing to do, which is fine."

// longAnswer is about 20 kB of Markdown with everything in it that a page has to show, or
// must not load.
func longAnswer() string {
	var b strings.Builder
	b.WriteString("# A long answer\n\nIt has headings, lists, tables, code, a link to [the project](https://example.com/kalpana?from=demo) and a picture from another server, which must not be loaded:\n\n![x](https://evil.example/x.png)\n\n")
	for n := 1; b.Len() < 20_000; n++ {
		fmt.Fprintf(&b, "## Part %d\n\nA paragraph with *emphasis*, **weight**, `code` and text that goes on for long enough to be wrapped on any screen that a person is likely to read it on, so that scrolling has something to do. Größe, naïveté, 日本語, 🚀.\n\n", n)
		fmt.Fprintf(&b, "- first point of part %d\n- second point, with a list in it\n  - one\n  - two\n- see `src/part%d.ts:%d`\n\n1. do this\n2. then that\n\n", n, n, n*7)
		fmt.Fprintf(&b, "| name | value | note |\n|---|---:|---|\n| alpha | %d | small |\n| beta | %d | larger |\n\n", n, n*n*1000)
		fmt.Fprintf(&b, "```ts\nexport function part%d(values: number[]): number {\n  // %d is where we begin\n  return values.reduce((sum, v) => sum + v, %d);\n}\n```\n\n> A quotation, to see how it looks.\n\n", n, n, n)
	}
	b.WriteString("---\n\nThat was all.\n")
	return b.String()
}
