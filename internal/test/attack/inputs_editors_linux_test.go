package attack

import (
	"fmt"
	"strings"
	"testing"
)

// TestHostileEditors: what `sextant lsp` reads from an editor, and the documents that it
// is given. It ends with its input.
func TestHostileEditors(t *testing.T) {
	message := func(text string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(text), text) }
	call := func(id int, method, params string) string {
		return message(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, id, method, params))
	}
	tell := func(method, params string) string {
		return message(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
	}
	const uri = "file:///tmp/none/Clusterfile"
	open := func(uri, text string) string {
		escaped := strings.NewReplacer("\n", `\n`, `"`, `\"`, `\`, `\\`).Replace(text)
		return tell("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"starlark","version":1,"text":"%s"}}`, uri, escaped))
	}
	at := func(id int, method, line, column string) string {
		return call(id, "textDocument/"+method, fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%s,"character":%s},"newName":"while","context":{"includeDeclaration":true}}`, uri, line, column))
	}
	begin, end := call(1, "initialize", "{}"), call(99, "shutdown", "null")+tell("exit", "null")
	var positions, uris, documents strings.Builder
	for i, method := range []string{"hover", "completion", "definition", "references", "rename", "prepareRename", "signatureHelp", "documentSymbol", "codeAction", "inlayHint"} {
		for _, p := range [][2]string{{"0", "6"}, {"-1", "-1"}, {"99999", "5"}, {"0", "2147483647"}, {"1", "4"}, {"1.5", "1e300"}, {"null", `"x"`}} {
			positions.WriteString(at(10+i, method, p[0], p[1]))
		}
	}
	for _, other := range []string{"http://x/y", "file:///../../etc/passwd", "file://host/x", "", "%zz", "untitled:1", "file:///dev/zero", "file:///tmp/\x00", "file:///tmp/\x1b[2J"} {
		uris.WriteString(open(other, "load('../../etc/passwd', 'x')\nload('/dev/zero', 'y')\n"))
	}
	for i := range 2000 {
		documents.WriteString(open(fmt.Sprint(uri, i), "x = 1\n"))
	}
	var rows []input
	for name, stdin := range map[string]string{
		"a negative length": "Content-Length: -5\r\n\r\n{}", "a length over all": "Content-Length: 99999999999999999999\r\n\r\n{}", "2 GB to come": "Content-Length: 2000000000\r\n\r\n{}", "no length": "X: y\r\n\r\n{}",
		"two lengths": "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", "a header of 20 MB": "X: " + strings.Repeat("y", 20<<20) + "\r\n\r\n", "headers without end": strings.Repeat("X: y\r\n", 1<<18), "bytes": strings.Repeat("\x00\x1b\xff", 1<<16),
		"no JSON": message("nope"), "deep JSON": message(strings.Repeat("[", 1<<20)), "a batch": begin + message("[]") + message("[1]") + end, "a request too early": at(1, "hover", "0", "0") + begin + end,
		"an unasked answer": begin + message(`{"jsonrpc":"2.0","id":77,"result":null}`) + end, "an unknown method": begin + call(2, "x/\\u001b[2J", "{}") + end, "no parameters": begin + call(2, "textDocument/hover", "null") + end,
		"a storm of cancels": begin + strings.Repeat(tell("$/cancelRequest", `{"id":5}`), 20_000) + end, "positions": begin + open(uri, "x = '\U0001F600'\ny = x\n") + positions.String() + end, "URIs": begin + uris.String() + end, "2,000 documents": begin + documents.String() + end,
		"12 MB": begin + open(uri, strings.Repeat("x = 1\n", 2<<20)) + end, "a sum": begin + open(uri, "x = "+strings.Repeat("1+", 200_000)+"1\n") + end, "mistakes": begin + open(uri, "x = ["+strings.Repeat("u,", 200_000)+"]\n") + at(2, "hover", "0", "5") + end,
		"undefined names":  begin + open(uri, manyOf("a%[1]d = b%[1]d\n", 30_000)) + end,
		"a change outside": begin + open(uri, "x = 1\n") + tell("textDocument/didChange", `{"textDocument":{"uri":"`+uri+`","version":2},"contentChanges":[{"range":{"start":{"line":-1,"character":5},"end":{"line":-5,"character":99999999}},"text":"y"}]}`) + end,
	} {
		rows = append(rows, input{name: name, file: "Clusterfile", args: []string{"lsp"}, code: -1, stdin: stdin, raw: true})
	}
	rows = append(rows, input{name: "a rename into a keyword", file: "Clusterfile", args: []string{"lsp"}, want: `\"while\" cannot be a name`, stdin: begin + open(uri, "foo = 1\nprint(foo)\n") + at(5, "rename", "0", "1") + end, raw: true})
	runInputs(t, rows)
}
