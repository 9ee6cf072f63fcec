package tiltfile

import (
	"io/fs"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster/manifest"
)

// execFunctions run programs, if the run may.
func execFunctions() []row {
	return []row{
		{Name: "local", Returns: "blob", Doc: "Runs a command and returns its standard output; needs --allow-exec, or --exec with an answer.", Define: local},
		{Name: "kustomize", Returns: "blob", Doc: "Runs kustomize build, or kubectl kustomize if kustomize is not installed; needs --allow-exec, or --exec with an answer.", Define: kustomize},
		{Name: "helm", Returns: "blob", Doc: "Runs helm template, for the cluster's version, without the tests of the chart; needs --allow-exec, or --exec with an answer.", Define: helm},
	}
}

// programs are those that a script runs, in the environment that it has made.
type programs struct {
	host builtins.Host
	env  *environ
}

// run runs a program and returns what it printed.
func (p *programs) run(cmd builtins.Command) ([]byte, error) {
	set, removed, err := p.env.changes()
	if err != nil {
		return nil, err
	}
	// What a call passes as it is, as of env=dict(os.environ), changes nothing.
	added := slices.DeleteFunc(cmd.Env, func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		given, was := p.env.given[name]
		now, is := p.env.lookup(name)
		return was && is && kv == name+"="+given && now == given
	})
	cmd.Env, cmd.Unset = append(set, added...), removed
	cmd.Inherited = func(name string) string { return p.env.given[name] }
	return p.host.Execute(cmd)
}

// blob runs a program and returns what it printed as a value of the script.
func (p *programs) blob(c *call, cmd builtins.Command, source string) (sl.Value, error) {
	out, err := p.run(cmd)
	if err != nil {
		return nil, c.Errorf("%w", err)
	}
	return newBlob(p.host, string(out), source), nil
}

// input returns the name of a file or folder that the command needs. If the command is
// answered for, it need not be there: an earlier program may have made it.
func (p *programs) input(c *call, paths *paths, given string, cmd *builtins.Command) (string, error) {
	name, err := paths.present(c, given)
	if missing(err) && p.host.Replays() {
		cmd.Absent, err = err, nil
	}
	return name, err
}

// kubeVersion is the version to render a chart for: the one asked for, or that of
// the cluster, "" if it is not connected.
func (p *programs) kubeVersion(asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	if p.host.Options().Exec == nil {
		return "", builtins.ErrExecOff // before the cluster is waited for
	}
	if err := p.host.DefaultCluster(); err != nil {
		return "", err
	}
	status, err := p.host.DefaultStatus()
	if err != nil {
		return "", err
	}
	return status.Version, nil
}

func local(p *params) body {
	cmd := table.Required(p, "command", typeCommand, "The command: a string for the shell, or a program and its arguments.")
	quiet := optional(p, "quiet", typeBool, "Whether to drop what it prints to standard error.")
	bat := optional(p, "command_bat", typeBat, "The command on Windows; recorded.")
	echoOff := optional(p, "echo_off", typeBool, "Whether Tilt would not print the command; no effect here.")
	env := optional(p, "env", typeDict, "Variables to add to the environment.")
	dir := optional(p, "dir", typePath, "The folder to run in.")
	stdin := optional(p, "stdin", typeText, "What the command reads.")
	return func(r *Run, c *call) (sl.Value, error) {
		_, _ = bat.Of(c), echoOff.Of(c)
		args := cmd.Of(c).args
		if len(args) == 0 {
			return nil, cmd.Errorf(c, "it is empty")
		}
		source := strings.Join(args, " ")
		if len(args) == 3 && args[0] == "sh" {
			source = args[2]
		}
		run := builtins.Command{Args: args, Stdin: stdin.Of(c).text, Quiet: quiet.Of(c)}
		var err error
		if run.Dir, err = r.programs.input(c, &r.paths, dir.Of(c), &run); err != nil {
			return nil, c.Errorf("%w", err)
		}
		if IsExtension(run.Dir) {
			run.Dir = r.paths.location(run.Dir)
		}
		for _, kv := range env.Of(c) {
			run.Env = append(run.Env, kv.Key+"="+kv.Value)
		}
		r.host.MayUse(&run)
		return r.programs.blob(c, run, source)
	}
}

func kustomize(p *params) body {
	dir := table.Required(p, "paths", typePath, "The folder of the kustomization.")
	bin := optional(p, "kustomize_bin", typeStr, "The program to run in place of kustomize.")
	flags := optional(p, "flags", typeStrs, "More flags.")
	return func(r *Run, c *call) (sl.Value, error) {
		var cmd builtins.Command
		name, err := r.programs.input(c, &r.paths, dir.Of(c), &cmd)
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		target := append(append([]string{}, flags.Of(c)...), r.paths.operand(name))
		if program := bin.Of(c); program != "" {
			cmd.Args = append([]string{program, "build"}, target...)
		} else {
			cmd.Args = append([]string{"kustomize", "build"}, target...)
			cmd.Or = append([]string{"kubectl", "kustomize"}, target...)
		}
		return r.programs.blob(c, cmd, "kustomize "+name)
	}
}

func helm(p *params) body {
	chart := table.Required(p, "paths", typePath, "The folder of the chart.")
	name := optional(p, "name", typeStr, "The release; empty is chart.")
	namespace := optional(p, "namespace", typeStr, "The namespace.")
	values := optional(p, "values", typeStrs, "Values files.")
	set := optional(p, "set", typeStrs, "Single values, key=value each.")
	version := optional(p, "kube_version", typeStr, "The Kubernetes version that the chart is rendered for; empty is the cluster's.")
	skipCRDs := optional(p, "skip_crds", typeBool, "Whether to leave out the chart's CustomResourceDefinitions.")
	return func(r *Run, c *call) (sl.Value, error) {
		var cmd builtins.Command
		dir, err := r.programs.input(c, &r.paths, chart.Of(c), &cmd)
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		if info, err := fs.Stat(r.host.Files(), dir); err == nil && !info.IsDir() {
			return nil, chart.Errorf(c, "%s is a file, want the folder of a chart", chart.Of(c))
		}
		release := name.Of(c)
		if release == "" {
			release = "chart"
		}
		args := []string{"helm", "template", release, r.paths.operand(dir)}
		if !skipCRDs.Of(c) {
			args = append(args, "--include-crds")
		}
		if ns := namespace.Of(c); ns != "" {
			args = append(args, "--namespace", ns)
		}
		kube, err := r.programs.kubeVersion(version.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		if kube != "" {
			args = append(args, "--kube-version", kube)
		}
		for _, file := range values.Of(c) {
			if strings.Contains(file, "://") { // helm fetches it
				args = append(args, "--values", file)
				continue
			}
			path, err := r.programs.input(c, &r.paths, file, &cmd)
			if err != nil {
				return nil, values.Errorf(c, "%w", err)
			}
			if IsExtension(path) {
				path = r.paths.location(path)
			}
			args = append(args, "--values", path)
		}
		for _, v := range set.Of(c) {
			args = append(args, "--set", v)
		}
		cmd.Args = args
		out, err := r.programs.run(cmd)
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		text, err := namespaced("helm "+dir, withoutHelmTests(string(out)), namespace.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		return newBlob(r.host, text, "helm "+dir), nil
	}
}

// namespaced writes the namespace into each object that has none, as Tilt does:
// what helm renders is for a namespace that helm would install it to.
func namespaced(name, text, namespace string) (string, error) {
	if namespace == "" {
		return text, nil
	}
	out, _, err := manifest.Rewrite([]byte(text), manifest.Options{File: name, Namespace: namespace, DuplicateKeys: true})
	return string(out), err
}

var (
	// helmSource is the comment that helm writes above each document.
	helmSource = lazy(`(?m)^# Source: (\S.*)$`)
	helmHook   = lazy(`(?m)^\s+["']?helm\.sh/hook["']?:\s*["']?([^"'#\n]*)`)
	separator  = lazy(`(?m)^---(?:[ \t].*)?(?:\r?\n|$)`)
)

// withoutHelmTests drops the documents of helm's output that are tests of the
// chart: those of files in a folder named tests, and those with a test hook.
func withoutHelmTests(out string) string {
	separators := separator().FindAllStringIndex(out, -1)
	var b strings.Builder
	begin := 0
	keep := func(end int) {
		if doc := out[begin:end]; !isHelmTest(doc) {
			b.WriteString(doc)
		}
		begin = end
	}
	for _, m := range separators {
		if m[0] > begin {
			keep(m[0])
		}
	}
	keep(len(out))
	return b.String()
}

func isHelmTest(doc string) bool {
	if m := helmSource().FindStringSubmatch(doc); m != nil && strings.Contains(m[1], "/tests/") {
		return true
	}
	for _, m := range helmHook().FindAllStringSubmatch(doc, -1) {
		for _, hook := range strings.Split(m[1], ",") {
			if h := strings.TrimSpace(hook); h == "test" || h == "test-success" || h == "test-failure" {
				return true
			}
		}
	}
	return false
}
