package scripttest

import (
	"bytes"
	"strings"

	"go.starlark.net/syntax"
)

// functionPrefix begins the name of a test function.
const functionPrefix = "test_"

// function is a test function as it stands in a file.
type function struct {
	name   string
	line   int
	params int
}

// withoutBOM passes the mark that some editors write before UTF-8. The interpreter
// passes it too.
func withoutBOM(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

// findFunctions lists the test functions at the top level of a file, in order.
// It reports ok false where the file does not parse.
func findFunctions(file string, src []byte) (found []function, ok bool) {
	f, err := (&syntax.FileOptions{}).Parse(file, withoutBOM(src), 0)
	if err != nil {
		return nil, false
	}
	for _, stmt := range f.Stmts {
		def, ok := stmt.(*syntax.DefStmt)
		if ok && strings.HasPrefix(def.Name.Name, functionPrefix) {
			found = append(found, function{name: def.Name.Name, line: int(def.Def.Line), params: len(def.Params)})
		}
	}
	return found, true
}
