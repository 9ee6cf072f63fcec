//go:build long

package printer_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/printer"
)

// TestVariablesOnRealReaders has the programs that the formats are for read every value
// back: the npm package dotenv, GNU make, and a shell.
func TestVariablesOnRealReaders(t *testing.T) {
	dir := t.TempDir()
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run("npm", "install", "--silent", "--no-audit", "--no-fund", "--fetch-retries=5", "dotenv@16")
	write("read.js", `process.stdout.write(JSON.stringify(require("dotenv").parse(require("fs").readFileSync("vars"))))`)
	write("read.mk", "include vars\nexport N\nexport NEXT\nall:\n\t@printf '%s|%s' \"$$N\" \"$$NEXT\"\n")
	read := map[string]func() (value, next string){
		"dotenv": func() (string, string) {
			var vars map[string]string
			if err := json.Unmarshal([]byte(run("node", "read.js")), &vars); err != nil {
				t.Fatal(err)
			}
			return vars["N"], vars["NEXT"]
		},
		"make": func() (string, string) {
			value := run("make", "-sf", "read.mk")
			i := strings.LastIndexByte(value, '|')
			return value[:i], value[i+1:]
		},
		"env": func() (string, string) {
			value := run("sh", "-c", `. ./vars; printf '%s|%s' "$N" "$NEXT"`)
			i := strings.LastIndexByte(value, '|')
			return value[:i], value[i+1:]
		},
	}
	for format, read := range read {
		for _, tt := range variableTests {
			// What follows shows that the value ends where it should.
			outputs := append(outputOf(t, "N", tt.value), outputOf(t, "NEXT", "'\nnext")...)
			var b strings.Builder
			err := printer.Outputs(&b, format, "", outputs)
			if format == "dotenv" && tt.dotenv == "" {
				if err == nil {
					t.Errorf("dotenv of %q: no error", tt.value)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			write("vars", b.String())
			if value, next := read(); value != tt.value || next != "'\nnext" {
				t.Errorf("%s reads %q as %q, and what follows as %q; from\n%s", format, tt.value, value, next, b.String())
			}
		}
	}
}
