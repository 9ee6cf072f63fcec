package printer

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/diag"
)

// variableForms are the formats that set variables, each with its way to write one.
var variableForms = map[string]func(name, value string) (string, error){
	"env": func(name, value string) (string, error) {
		return "export " + name + "=" + builtins.ShellQuote(value), nil
	},
	"dotenv": func(name, value string) (string, error) {
		quoted, ok := dotenvQuote(value)
		if !ok {
			return "", fmt.Errorf("it holds all of ', \" and `, or a backslash where a quote would end: no dotenv file can have it, use -o json")
		}
		return name + "=" + quoted, nil
	},
	"make":   func(name, value string) (string, error) { return makeVariable(name, value), nil },
	"github": func(name, value string) (string, error) { return githubVariable(name, value), nil },
}

// IsVariables reports whether an output format sets variables.
func IsVariables(format string) bool { return variableForms[format] != nil }

// variables writes each output as a variable. Nothing is written if one cannot be.
func variables(w io.Writer, format, prefix string, outputs []builtins.Output) error {
	if prefix != "" && (variable(prefix) != prefix) {
		return fmt.Errorf("--prefix %s: a variable cannot begin with that: use letters, digits and underscores, as in SHOP_", prefix)
	}
	from := map[string]string{}
	var b bytes.Buffer
	for _, o := range outputs {
		name := variable(prefix + o.Name)
		if other, ok := from[name]; ok {
			return fmt.Errorf("outputs %q and %q both become the variable %s: rename one", other, o.Name, name)
		}
		from[name] = o.Name
		if steers(name) {
			return fmt.Errorf("output %q would set %s, which decides what programs do: rename it, or give all variables a prefix with --prefix SHOP_", o.Name, name)
		}
		value := plain(o.JSON)
		if strings.ContainsFunc(value, diag.IsUnprintable) {
			return fmt.Errorf("output %q holds a control character, such as NUL or a terminal escape, which -o %s does not print: use -o json or yaml", o.Name, format)
		}
		line, err := variableForms[format](name, value)
		if err != nil {
			return fmt.Errorf("output %q: %w", o.Name, err)
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	_, err := w.Write(b.Bytes())
	return err
}

// variable makes a shell variable's name: other characters become _, and a
// digit in front gets one before it.
func variable(name string) string {
	out := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	if out[0] >= '0' && out[0] <= '9' {
		out = "_" + out
	}
	return out
}

// steering are variables that decide which programs run, what they load, where they
// connect to and what a shell does. One that ends in _ is all that begin with it.
const steering = `
	PATH HOME SHELL USER LOGNAME PWD OLDPWD TERM TMPDIR TMP TEMP LANG LANGUAGE LC_ EDITOR VISUAL PAGER BROWSER
	IFS ENV BASH_ BASHOPTS SHELLOPTS PS0 PS1 PS2 PS3 PS4 PROMPT PROMPT_COMMAND CDPATH FPATH MANPATH GLOBIGNORE HISTFILE ZDOTDIR
	path cdpath fpath manpath module_path
	LD_ DYLD_ GCONV_PATH LOCPATH NLSPATH MALLOC_ GLIBC_TUNABLES HOSTALIASES LIBPATH SHLIB_PATH
	PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONINSPECT PYTHONBREAKPOINT PYTHONUSERBASE PYTHONWARNINGS PERL5LIB PERL5OPT PERL5DB PERLLIB
	RUBYOPT RUBYLIB GEM_ BUNDLE_ NODE_ NPM_CONFIG_ npm_config_ LUA_INIT LUA_PATH LUA_CPATH PHPRC PHP_INI_SCAN_DIR
	JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS JAVA_HOME CLASSPATH MAVEN_ GRADLE_
	GOFLAGS GOPROXY GOPATH GOROOT GOTOOLCHAIN GOENV GOBIN CGO_ RUSTC RUSTC_ RUSTFLAGS CARGO_ CC CXX CFLAGS CXXFLAGS LDFLAGS
	MAKE MAKEFLAGS MAKEFILES MFLAGS GNUMAKEFLAGS
	GIT_ SSH_ GPG_ GNUPGHOME SUDO_ CURL_HOME CURL_CA_BUNDLE WGETRC SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE
	HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY FTP_PROXY http_proxy https_proxy all_proxy no_proxy ftp_proxy
	KUBECONFIG KUBE_ KUBERNETES_ KUBECTL_ HELM_ DOCKER_ BUILDKIT_ BUILDX_ COMPOSE_ CONTAINER_HOST SEXTANT_
	AWS_ AZURE_ GOOGLE_ CLOUDSDK_ GITHUB_ GITLAB_ CI CI_ RUNNER_ ACTIONS_ TF_ VAULT_
	COMSPEC PATHEXT SYSTEMROOT WINDIR APPDATA PSModulePath
`

// steers reports whether a variable is one of those.
func steers(name string) bool {
	for s := range strings.FieldsSeq(steering) {
		if name == s || strings.HasSuffix(s, "_") && strings.HasPrefix(name, s) {
			return true
		}
	}
	return false
}

// dotenvQuote quotes a value as the npm package dotenv reads it: what is between
// single quotes or backticks is taken as it is, over several lines too, and between
// double quotes \n and \r are. ok is false if no quotes can hold it. A quote that
// follows a backslash does not always end the value there.
func dotenvQuote(value string) (quoted string, ok bool) {
	if value != "" && strings.Trim(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,-") == "" {
		return value, true
	}
	for _, quote := range []string{"'", "`", `"`} {
		switch {
		case strings.Contains(value, quote), strings.HasSuffix(value, `\`):
		case quote == `"` && (strings.Contains(value, `\n`) || strings.Contains(value, `\r`)):
		default:
			return quote + value + quote, true
		}
	}
	return "", false
}

// makeVariable sets a variable in a makefile. An empty expansion, $(), keeps white
// space, a backslash or a word of make where it is.
func makeVariable(name, value string) string {
	lines := strings.Split(strings.ReplaceAll(value, "$", "$$"), "\n")
	if len(lines) == 1 {
		line := makeEnd(makeHash(lines[0]))
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			line = "$()" + line
		}
		return name + " := " + line
	}
	for i, line := range lines {
		word := strings.TrimLeft(line, " \t")
		if strings.HasPrefix(word, "endef") || strings.HasPrefix(word, "define") || strings.HasPrefix(word, "override") || strings.HasPrefix(word, "export") {
			line = "$()" + line
		}
		lines[i] = makeEnd(line)
	}
	return "define " + name + "\n" + strings.Join(lines, "\n") + "\nendef"
}

// makeEnd keeps a backslash from joining the next line.
func makeEnd(line string) string {
	if strings.HasSuffix(line, `\`) {
		return line + "$()"
	}
	return line
}

// makeHash writes each # so that it begins no comment: a backslash goes before it,
// and backslashes that are there already are doubled.
func makeHash(line string) string {
	var b strings.Builder
	backslashes := 0
	for i := range len(line) {
		switch line[i] {
		case '\\':
			backslashes++
		case '#':
			b.WriteString(strings.Repeat(`\`, backslashes+1))
			backslashes = 0
		default:
			backslashes = 0
		}
		b.WriteByte(line[i])
	}
	return b.String()
}

// githubVariable sets a variable in a file such as $GITHUB_OUTPUT: on one line, or
// between lines that are not in the value.
func githubVariable(name, value string) string {
	if !strings.Contains(value, "\n") {
		return name + "=" + value
	}
	end := "END"
	for slices.Contains(strings.Split(value, "\n"), end) {
		end += "_"
	}
	return name + "<<" + end + "\n" + value + "\n" + end
}
