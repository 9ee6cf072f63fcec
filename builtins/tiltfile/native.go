package tiltfile

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// nativeFunctions are the module native, which the stand-ins for extensions see and
// no other script: what Starlark cannot do, or only slowly.
var nativeFunctions = sync.OnceValue(func() *table.Table[*Run] {
	return table.New(
		row{Name: "native.base64_encode", Returns: "str", Doc: "Writes the bytes of a string in Base64.", Define: func(p *params) body {
			s := table.Required(p, "s", typeText, "The string.")
			return func(_ *Run, c *call) (sl.Value, error) {
				return sl.String(base64.StdEncoding.EncodeToString([]byte(s.Of(c).text))), nil
			}
		}},
		row{Name: "native.base64_decode", Returns: "str", Doc: "Reads Base64.", Define: func(p *params) body {
			s := table.Required(p, "s", typeText, "The string.")
			return func(_ *Run, c *call) (sl.Value, error) {
				data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.Of(c).text))
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return sl.String(data), nil
			}
		}},
		row{Name: "native.server_version", Returns: "str", Doc: "Returns the version of the cluster named default, empty if it is not connected.",
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) {
				if err := r.host.DefaultCluster(); err != nil {
					return nil, c.Errorf("%w", err)
				}
				status, err := r.host.DefaultStatus()
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return sl.String(status.Version), nil
			})},
		row{Name: "native.namespaced", Returns: "blob", Doc: "Writes a namespace into each object of YAML that has none.", Define: func(p *params) body {
			yaml := table.Required(p, "yaml", typeText, "The objects.")
			namespace := table.Required(p, "namespace", typeStr, "The namespace; empty changes nothing.")
			return func(r *Run, c *call) (sl.Value, error) {
				text := yaml.Of(c)
				out, err := namespaced(or(text.source, "blob"), text.text, namespace.Of(c))
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return r.blob(out, text.source), nil
			}
		}},
		row{Name: "native.data_of", Returns: "dict[str, blob]", Doc: "Reads files as kubectl create secret and configmap do.", Define: dataOf},
	)
})

// DescribeNative returns what package analysis knows of the names that stand-ins for
// extensions see beside those of a Tiltfile.
func DescribeNative() analysis.Rows { return table.Describe(nativeFunctions().Functions(), nil) }

func dataOf(p *params) body {
	function := table.Required(p, "function", typeStr, "The function that asks, for messages.")
	sources := optional(p, "from_file", typeStrs, "Files, folders, or key=file.")
	envFiles := optional(p, "from_env_file", typeStrs, "Files of KEY=VALUE lines.")
	return func(r *Run, c *call) (sl.Value, error) {
		data := sl.NewDict(0)
		set := func(key, value string) error {
			if _, found, _ := data.Get(sl.String(key)); found {
				return fmt.Errorf("duplicate key %q", key)
			}
			return data.SetKey(sl.String(key), r.blob(value, ""))
		}
		for _, source := range sources.Of(c) {
			if err := r.fromFile(c, source, set); err != nil {
				return nil, fmt.Errorf("%s: from_file %q: %w", function.Of(c), source, err)
			}
		}
		for _, file := range envFiles.Of(c) {
			if err := r.fromEnvFile(c, file, set); err != nil {
				return nil, fmt.Errorf("%s: from_env_file %q: %w", function.Of(c), file, err)
			}
		}
		return data, nil
	}
}

// fromFile sets the content of a file under its name, or under the key before =,
// and that of each file of a folder.
func (r *Run) fromFile(c *call, source string, set func(key, value string) error) error {
	key, file, named := strings.Cut(source, "=")
	if !named {
		key, file = path.Base(source), source
	}
	if key == "" || file == "" {
		return errors.New("want FILE, FOLDER or KEY=FILE")
	}
	name, err := r.paths.resolve(c, file)
	if err != nil {
		return err
	}
	info, err := fs.Stat(r.host.Files(), name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		data, err := r.host.ReadFile(name)
		if err != nil {
			return err
		}
		return set(key, string(data))
	}
	if named {
		return errors.New("a folder has no key: name its files one by one, or leave the key out")
	}
	entries, err := fs.ReadDir(r.host.Files(), name)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		data, err := r.host.ReadFile(path.Join(name, e.Name()))
		if err == nil {
			err = set(e.Name(), string(data))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fromEnvFile sets the variables of a file. One without a value takes that of the
// environment, if it has it.
func (r *Run) fromEnvFile(c *call, file string, set func(key, value string) error) error {
	_, data, err := r.paths.read(c, file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimLeft(strings.TrimRight(line, "\r\n"), " \t")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			v, found, err := r.env.Get(sl.String(key))
			if err != nil || !found {
				continue
			}
			value, _ = sl.AsString(v)
		}
		if err := set(key, value); err != nil {
			return err
		}
	}
	return nil
}
