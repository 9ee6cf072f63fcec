package printer_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/printer"
)

// variableTests are values and how each format writes them. The test on real
// programs has those read them back.
var variableTests = []struct {
	value                     string
	env, dotenv, make, github string // of a variable N; dotenv is empty if it cannot be
}{
	{"", "export N=''", "N=''", "N := ", "N="},
	{"localhost:5000/team_api:v1", "export N=localhost:5000/team_api:v1", "N=localhost:5000/team_api:v1", "N := localhost:5000/team_api:v1", "N=localhost:5000/team_api:v1"},
	{"a b", "export N='a b'", "N='a b'", "N := a b", "N=a b"},
	{"  a  ", "export N='  a  '", "N='  a  '", "N := $()  a  ", "N=  a  "},
	{"\ta", "export N='\ta'", "N='\ta'", "N := $()\ta", "N=\ta"},
	{"it's", `export N='it'"'"'s'`, "N=`it's`", "N := it's", "N=it's"},
	{"it's `x`", "export N='it'\"'\"'s `x`'", "N=\"it's `x`\"", "N := it's `x`", "N=it's `x`"},
	{"\"it's `x`\"", "export N='\"it'\"'\"'s `x`\"'", "", "N := \"it's `x`\"", "N=\"it's `x`\""},
	{"$HOME ${X} $(pwd) $$", "export N='$HOME ${X} $(pwd) $$'", "N='$HOME ${X} $(pwd) $$'", "N := $$HOME $${X} $$(pwd) $$$$", "N=$HOME ${X} $(pwd) $$"},
	{"a # b", "export N='a # b'", "N='a # b'", `N := a \# b`, "N=a # b"},
	{`a\# b`, `export N='a\# b'`, `N='a\# b'`, `N := a\\\# b`, `N=a\# b`},
	{`a\\#`, `export N='a\\#'`, `N='a\\#'`, `N := a\\\\\#`, `N=a\\#`},
	{`end\`, `export N='end\'`, "", `N := end\$()`, `N=end\`},
	{`a\nb`, `export N='a\nb'`, `N='a\nb'`, `N := a\nb`, `N=a\nb`},
	{`it's\nb`, `export N='it'"'"'s\nb'`, "N=`it's\\nb`", `N := it's\nb`, `N=it's\nb`},
	{"a=b", "export N=a=b", "N='a=b'", "N := a=b", "N=a=b"},
	{"a<<b", "export N='a<<b'", "N='a<<b'", "N := a<<b", "N=a<<b"},
	{"é→", "export N='é→'", "N='é→'", "N := é→", "N=é→"},
	{"one\ntwo", "export N='one\ntwo'", "N='one\ntwo'", "define N\none\ntwo\nendef", "N<<END\none\ntwo\nEND"},
	{"one\n", "export N='one\n'", "N='one\n'", "define N\none\n\nendef", "N<<END\none\n\nEND"},
	{"\n", "export N='\n'", "N='\n'", "define N\n\n\nendef", "N<<END\n\n\nEND"},
	{"END\nEND_", "export N='END\nEND_'", "N='END\nEND_'", "define N\nEND\nEND_\nendef", "N<<END__\nEND\nEND_\nEND__"},
	{"a\nendef\n define X\n#\n$x\\\n\tt", "export N='a\nendef\n define X\n#\n$x\\\n\tt'", "N='a\nendef\n define X\n#\n$x\\\n\tt'",
		"define N\na\n$()endef\n$() define X\n#\n$$x\\$()\n\tt\nendef", "N<<END\na\nendef\n define X\n#\n$x\\\n\tt\nEND"},
	{"X=1\nexport Y\noverride Z", "export N='X=1\nexport Y\noverride Z'", "N='X=1\nexport Y\noverride Z'",
		"define N\nX=1\n$()export Y\n$()override Z\nendef", "N<<END\nX=1\nexport Y\noverride Z\nEND"},
	{`{"a":"b"}`, `export N='{"a":"b"}'`, `N='{"a":"b"}'`, `N := {"a":"b"}`, `N={"a":"b"}`},
}

func outputOf(t *testing.T, name, value string) []builtins.Output {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return []builtins.Output{{Name: name, JSON: data}}
}

func TestVariables(t *testing.T) {
	for _, tt := range variableTests {
		for format, want := range map[string]string{"env": tt.env, "dotenv": tt.dotenv, "make": tt.make, "github": tt.github} {
			var b strings.Builder
			err := printer.Outputs(&b, format, "", outputOf(t, "N", tt.value))
			switch {
			case want == "" && (err == nil || !strings.Contains(err.Error(), "no dotenv file can have it, use -o json") || b.Len() > 0):
				t.Errorf("%s of %q: %q, %v, want an error", format, tt.value, b.String(), err)
			case want != "" && (err != nil || b.String() != want+"\n"):
				t.Errorf("%s of %q:\n%s%v, want\n%s", format, tt.value, b.String(), err, want)
			}
			if got, ok := githubRead(b.String())["N"]; format == "github" && (!ok || got != tt.value) {
				t.Errorf("GitHub reads %q as %q", tt.value, got)
			}
		}
	}
}

// githubRead reads a file of $GITHUB_OUTPUT by the rules of GitHub's runner: name=value,
// or name<<delimiter and the lines before the delimiter; what comes first on a line counts.
func githubRead(text string) map[string]string {
	vars := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		equals, heredoc := strings.Index(lines[i], "="), strings.Index(lines[i], "<<")
		switch {
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			vars[lines[i][:equals]] = lines[i][equals+1:]
		case heredoc >= 0:
			name, end := lines[i][:heredoc], lines[i][heredoc+2:]
			var value []string
			for i++; i < len(lines) && lines[i] != end; i++ {
				value = append(value, lines[i])
			}
			vars[name] = strings.Join(value, "\n")
		}
	}
	return vars
}

// TestVariablesThatSteer: a script does not choose what programs load or run.
func TestVariablesThatSteer(t *testing.T) {
	for _, format := range []string{"env", "dotenv", "make", "github"} {
		for _, name := range []string{"PATH", "path", "LD_PRELOAD", "LD PRELOAD", "DYLD_INSERT_LIBRARIES", "BASH_ENV", "ENV", "IFS", "PROMPT_COMMAND", "NODE_OPTIONS",
			"GIT_SSH_COMMAND", "KUBECONFIG", "DOCKER_HOST", "MAKEFLAGS", "http_proxy", "PYTHONPATH", "GITHUB_TOKEN", "SEXTANT_CLUSTERS"} {
			var b strings.Builder
			err := printer.Outputs(&b, format, "", outputOf(t, name, "x"))
			if err == nil || !strings.Contains(err.Error(), "--prefix SHOP_") || b.Len() > 0 {
				t.Errorf("%s of %s: %q, %v", format, name, b.String(), err)
			}
			if err := printer.Outputs(&b, format, "SHOP_", outputOf(t, name, "x")); err != nil || !strings.Contains(b.String(), "SHOP_") {
				t.Errorf("%s of %s with a prefix: %q, %v", format, name, b.String(), err)
			}
		}
		var b strings.Builder
		if err := printer.Outputs(&b, format, "LD_", outputOf(t, "PRELOAD", "x")); err == nil || b.Len() > 0 {
			t.Errorf("%s with a prefix that makes LD_PRELOAD: %q, %v", format, b.String(), err)
		}
		for _, prefix := range []string{"A B", "1", "a-", "é", "$(id)"} {
			if err := printer.Outputs(&b, format, prefix, outputOf(t, "n", "x")); err == nil || b.Len() > 0 {
				t.Errorf("%s with the prefix %q: %q, %v", format, prefix, b.String(), err)
			}
		}
		for _, name := range []string{"env", "home", "image", "IMAGE", "pathological", "PATHS", "tag", "push_name"} {
			if err := printer.Outputs(&b, format, "", outputOf(t, name, "x")); err != nil {
				t.Errorf("%s of %s: %v", format, name, err)
			}
		}
	}
}
