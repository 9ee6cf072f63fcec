package execlog

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/yaml11"
)

// Limits of a recording.
const (
	// maxSize is how many bytes the questions and answers of a recording may have,
	// and its file.
	maxSize = 64 << 20
	// MaxPrograms is how many entries it may have.
	MaxPrograms = 10_000
	// maxValues is how many lines it may have, as those of maxSize that programs print.
	maxValues = 4_000_000
)

const (
	apiVersion = "sextant.dev/v1alpha1"
	kind       = "ExecRecording"
)

// The marks take the place of the root, and of the checkout of extensions, in strings.
const (
	rootMark       = "${SEXTANT_ROOT}"
	extensionsMark = "${SEXTANT_EXT}"
)

// Recording is what programs answered, in the order of the calls.
type Recording struct {
	APIVersion string    `yaml:"apiVersion"`
	Kind       string    `yaml:"kind"`
	Programs   []Program `yaml:"programs"`
}

// Program is one question and its answer.
type Program struct {
	question `yaml:",inline"`
	answer   `yaml:",inline"`
}

// question is what a script asks of a program. One of Shell and Args is set.
type question struct {
	Shell   text            `yaml:"shell,omitempty"`
	Args    []text          `yaml:"args,omitempty,flow"`
	Dir     string          `yaml:"dir,omitempty"`
	Env     map[string]text `yaml:"env,omitempty"`
	Unset   []string        `yaml:"unset,omitempty,flow"`
	Context string          `yaml:"context,omitempty"`
	// Namespace is the declared one of the cluster.
	Namespace string `yaml:"namespace,omitempty"`
	Stdin     text   `yaml:"stdin,omitempty"`
}

type answer struct {
	Stdout     text `yaml:"stdout"`
	Stderr     text `yaml:"stderr,omitempty"`
	ExitStatus int  `yaml:"exitStatus,omitempty"`
}

// text is a string that is written as a literal block if that can hold it.
type text string

// MarshalYAML quotes a string of which a block would lose the indentation.
func (t text) MarshalYAML() (any, error) {
	if t != "" && strings.ContainsRune(" \t\n", rune(t[0])) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: string(t)}, nil
	}
	return string(t), nil
}

// Parse reads a recording. name is the file, for messages.
func Parse(name string, data []byte) (*Recording, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("%s: over the limit of %d bytes for a recording", name, maxSize)
	}
	if err := yaml11.Bound(data, maxValues); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &Recording{}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(r); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %s", name, decodeReason(err))
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: it has a second document: join the programs of both", name)
	}
	switch {
	case cmp.Or(r.APIVersion, apiVersion) != apiVersion || cmp.Or(r.Kind, kind) != kind:
		return nil, fmt.Errorf("%s: it holds %s of %s, want %s of %s", name, r.Kind, r.APIVersion, kind, apiVersion)
	case len(r.Programs) > MaxPrograms:
		return nil, fmt.Errorf("%s: over the limit of %d for programs", name, MaxPrograms)
	}
	for i, p := range r.Programs {
		if (p.Shell == "") == (len(p.Args) == 0) {
			return nil, fmt.Errorf("%s: programs[%d]: set one of shell and args", name, i)
		}
		if p.ExitStatus < -1 || int64(p.ExitStatus) > math.MaxUint32 { // -1 is a signal
			return nil, fmt.Errorf("%s: programs[%d]: exitStatus %d: want -1 to %d", name, i, p.ExitStatus, int64(math.MaxUint32))
		}
		r.Programs[i].question = p.question.normal()
	}
	return r, nil
}

// decodeReason is the first thing wrong with a recording, without the names of Go
// types.
func decodeReason(err error) string {
	reason := strings.TrimPrefix(err.Error(), "yaml: ")
	if wrong := (*yaml.TypeError)(nil); errors.As(err, &wrong) {
		reason = wrong.Errors[0]
	}
	reason = strings.Join(strings.Fields(reason), " ")
	line, field, ok := strings.Cut(reason, ": field ")
	if field, _, found := strings.Cut(field, " not found in type "); ok && found {
		return fmt.Sprintf("%s: unknown field %q", line, field)
	}
	for _, t := range [][2]string{{"execlog.text", "string"}, {"[]execlog.Program", "a list of programs"}, {"execlog.Program", "a program"}, {"execlog.Recording", "a recording"}} {
		reason = strings.ReplaceAll(reason, t[0], t[1])
	}
	return reason
}

// YAML writes the recording.
func (r *Recording) YAML() ([]byte, error) {
	r.APIVersion, r.Kind = apiVersion, kind
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(r); err != nil {
		return nil, err
	}
	return out.Bytes(), e.Close()
}

// ask makes the question of a command.
func ask(c builtins.Command) question {
	q := question{Stdin: text(c.Stdin), Dir: c.Dir, Unset: slices.Clone(c.Unset)}
	for _, a := range c.Args {
		q.Args = append(q.Args, text(a))
	}
	if c.Context != nil {
		q.Context, q.Namespace = *c.Context, c.Namespace
	}
	for _, kv := range c.Env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			if q.Env == nil {
				q.Env = map[string]text{}
			}
			q.Env[k] = text(extending(c, k, v))
		}
	}
	return q.normal()
}

// normal returns the one form of a question that has several.
func (q question) normal() question {
	if len(q.Args) == 3 && q.Args[0] == "sh" && q.Args[1] == "-c" {
		q.Shell, q.Args = q.Args[2], nil
	}
	q.Dir = path.Clean(q.Dir)
	if below, is := strings.CutPrefix(q.Dir+"/", rootMark+"/"); is {
		q.Dir = path.Clean(below)
	}
	if q.Dir == "." {
		q.Dir = ""
	}
	slices.Sort(q.Unset)
	return q
}

// extending returns the value of a variable, with ${NAME} in place of the value that
// the process has of it if the command extends a list of folders, such as PATH. So a
// recording does not hold what differs from machine to machine.
func extending(c builtins.Command, name, value string) string {
	if c.Inherited == nil || !strings.HasSuffix(name, "PATH") {
		return value
	}
	had := c.Inherited(name)
	if had == "" {
		return value
	}
	for _, separator := range []string{":", ";"} {
		if rest, is := strings.CutPrefix(value, had+separator); is {
			return "${" + name + "}" + separator + rest
		}
		if rest, is := strings.CutSuffix(value, separator+had); is {
			return rest + separator + "${" + name + "}"
		}
	}
	return value
}

// command is the question as a shell would show it.
func (q question) command() string {
	if q.Shell != "" {
		return "sh -c " + builtins.ShellQuote(string(q.Shell))
	}
	words := make([]string, len(q.Args))
	for i, a := range q.Args {
		words[i] = builtins.ShellQuote(string(a))
	}
	return strings.Join(words, " ")
}

// mapStrings applies f to every string of the question that may hold a path.
func (q question) mapStrings(f func(string) string) question {
	q.Shell, q.Stdin, q.Dir = text(f(string(q.Shell))), text(f(string(q.Stdin))), f(q.Dir)
	q.Args = slices.Clone(q.Args)
	for i, a := range q.Args {
		q.Args[i] = text(f(string(a)))
	}
	q.Env = maps.Clone(q.Env)
	for k, v := range q.Env {
		q.Env[k] = text(f(string(v)))
	}
	return q
}

func (q question) size() int {
	n := len(q.Shell) + len(q.Dir) + len(q.Context) + len(q.Namespace) + len(q.Stdin)
	for _, a := range q.Args {
		n += len(a)
	}
	for k, v := range q.Env {
		n += len(k) + len(v)
	}
	for _, k := range q.Unset {
		n += len(k)
	}
	return n
}

// differs names the first part in which two questions differ, "" for none.
func (q question) differs(other question) string {
	switch {
	case q.Shell != other.Shell || !slices.Equal(q.Args, other.Args):
		return "command"
	case q.Dir != other.Dir:
		return "dir"
	case !maps.Equal(q.Env, other.Env) || !slices.Equal(q.Unset, other.Unset):
		return "env"
	case q.Stdin != other.Stdin:
		return "stdin"
	case q.Context != other.Context:
		return "context"
	case q.Namespace != other.Namespace:
		return "namespace"
	}
	return ""
}

func (a answer) mapStrings(f func(string) string) answer {
	a.Stdout, a.Stderr = text(f(string(a.Stdout))), text(f(string(a.Stderr)))
	return a
}

// withoutRoots puts the marks in the place of the checkout, and of each of the roots,
// that a path begins with.
func withoutRoots(roots []string, extensions string) func(string) string {
	return func(s string) string {
		s = withoutRoot(extensions, extensionsMark)(s)
		for _, root := range roots {
			s = withoutRoot(root, rootMark)(s)
		}
		return s
	}
}

// withoutRoot is withoutRoots of one folder. One that is all of the file system is in
// no path.
func withoutRoot(root, mark string) func(string) string {
	root = strings.TrimSuffix(root, "/")
	return func(s string) string {
		if root == "" || !strings.Contains(s, root) {
			return s
		}
		var out strings.Builder
		for {
			i := strings.Index(s, root)
			if i < 0 {
				out.WriteString(s)
				return out.String()
			}
			end := i + len(root)
			out.WriteString(s[:i])
			if (i == 0 || !inPath(s[i-1])) && (end == len(s) || !inName(s[end])) {
				out.WriteString(mark)
			} else {
				out.WriteString(root)
			}
			s = s[end:]
		}
	}
}

// withRoot puts the folders in the place of their marks. joint is what the root of
// the file system adds to a path below it, "" or "/".
func withRoot(root, extensions, joint string) func(string) string {
	root = strings.TrimSuffix(root, "/")
	return func(s string) string {
		s = strings.ReplaceAll(s, extensionsMark, extensions)
		s = strings.ReplaceAll(s, rootMark+"/", root+joint+"/")
		return strings.ReplaceAll(s, rootMark, cmp.Or(root, "/"))
	}
}

func inName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || strings.IndexByte("._-", c) >= 0
}

func inPath(c byte) bool { return inName(c) || c == '/' }
