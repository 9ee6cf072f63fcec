package tiltfile

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
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
				out, err := namespaced(cmp.Or(text.source, "blob"), text.text, namespace.Of(c))
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return newBlob(r.host, out, text.source), nil
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
		data := fileData{host: r.host, paths: &r.paths, env: r.env, made: sl.NewDict(0)}
		for _, source := range sources.Of(c) {
			if err := data.fromFile(c, source); err != nil {
				return nil, fmt.Errorf("%s: from_file %q: %w", function.Of(c), source, err)
			}
		}
		for _, file := range envFiles.Of(c) {
			if err := data.fromEnvFile(c, file); err != nil {
				return nil, fmt.Errorf("%s: from_env_file %q: %w", function.Of(c), file, err)
			}
		}
		return data.made, nil
	}
}

// fileData is the data of a secret or a config map as kubectl makes it of files.
type fileData struct {
	host  builtins.Host
	paths *paths
	env   *environ
	made  *sl.Dict
}

func (d *fileData) set(key, value string) error {
	if _, found, _ := d.made.Get(sl.String(key)); found {
		return fmt.Errorf("duplicate key %q", key)
	}
	return d.made.SetKey(sl.String(key), newBlob(d.host, value, ""))
}

// fromFile sets the content of a file under its name, or under the key before =,
// and that of each file of a folder.
func (d *fileData) fromFile(c *call, source string) error {
	key, file, named := strings.Cut(source, "=")
	if !named {
		key, file = path.Base(source), source
	}
	if key == "" || file == "" {
		return errors.New("want FILE, FOLDER or KEY=FILE")
	}
	name, err := d.paths.resolve(c, file)
	if err != nil {
		return err
	}
	info, err := fs.Stat(d.host.Files(), name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		data, err := d.host.ReadFile(name)
		if err != nil {
			return err
		}
		return d.set(key, string(data))
	}
	if named {
		return errors.New("a folder has no key: name its files one by one, or leave the key out")
	}
	entries, err := fs.ReadDir(d.host.Files(), name)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		data, err := d.host.ReadFile(path.Join(name, e.Name()))
		if err == nil {
			err = d.set(e.Name(), string(data))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fromEnvFile sets the variables of a file. One without a value takes that of the
// environment, if it has it.
func (d *fileData) fromEnvFile(c *call, file string) error {
	_, data, err := d.paths.read(c, file)
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
			v, found, err := d.env.Get(sl.String(key))
			if err != nil || !found {
				continue
			}
			value, _ = sl.AsString(v)
		}
		if err := d.set(key, value); err != nil {
			return err
		}
	}
	return nil
}
