package printer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/client-go/util/jsonpath"

	"github.com/sextant-dev/sextant/cluster"
)

// The formats that take an expression, as kubectl has them.
const (
	jsonPathFormat = "jsonpath="
	columnsFormat  = "custom-columns="
)

// fields prints chosen fields of a list.
type fields interface {
	print(w io.Writer, list any) error
}

// parseFields reads a format with an expression; nil is a format without one.
func parseFields(format string) (fields, error) {
	if text, ok := strings.CutPrefix(format, jsonPathFormat); ok {
		return parseTemplate(text)
	}
	if text, ok := strings.CutPrefix(format, columnsFormat); ok {
		return parseColumns(text)
	}
	return nil, nil
}

// template is a JSONPath template for the whole list.
type template struct{ path *jsonpath.JSONPath }

func parseTemplate(text string) (fields, error) {
	if text == "" {
		return nil, errors.New("-o jsonpath= needs a template, such as '{.items[*].metadata.name}'")
	}
	path, err := parsePath(text)
	if err != nil {
		return nil, fmt.Errorf("-o jsonpath=%s: %w", text, err)
	}
	return &template{path}, nil
}

func parsePath(text string) (*jsonpath.JSONPath, error) {
	path := jsonpath.New("fields").AllowMissingKeys(true)
	return path, path.Parse(text)
}

func (t *template) print(w io.Writer, list any) error {
	var b bytes.Buffer
	if err := t.path.Execute(&b, list); err != nil {
		return fmt.Errorf("-o jsonpath: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// columns is a table of fields of each item.
type columns []fieldColumn

type fieldColumn struct {
	head string
	path *jsonpath.JSONPath
}

func parseColumns(text string) (fields, error) {
	var all columns
	for spec := range strings.SplitSeq(text, ",") {
		head, expression, ok := strings.Cut(spec, ":")
		if !ok || head == "" || expression == "" {
			return nil, fmt.Errorf("-o custom-columns=%s: want HEADER:FIELD, such as NAME:.metadata.name, got %q", text, spec)
		}
		field := strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(expression, "{"), "}"), ".")
		path, err := parsePath("{." + field + "}")
		if err != nil {
			return nil, fmt.Errorf("-o custom-columns: %s: %w", expression, err)
		}
		all = append(all, fieldColumn{head, path})
	}
	return all, nil
}

func (c columns) print(w io.Writer, list any) error {
	cells := make([]string, len(c))
	for i := range c {
		cells[i] = c[i].head
	}
	t := newGrid(w, cells...)
	items, _ := list.(map[string]any)["items"].([]any)
	for _, item := range items {
		for i := range c {
			var err error
			if cells[i], err = c[i].of(item); err != nil {
				return fmt.Errorf("-o custom-columns: %s: %w", c[i].head, err)
			}
		}
		t.row(cells...)
	}
	return t.flush()
}

// of returns the values of the column's field of one item, as kubectl shows them.
func (c *fieldColumn) of(item any) (string, error) {
	results, err := c.path.FindResults(item)
	if err != nil {
		return "", err
	}
	var values []string
	for _, result := range results {
		for _, value := range result {
			values = append(values, fmt.Sprint(value.Interface()))
		}
	}
	if len(values) == 0 {
		return "<none>", nil
	}
	return strings.Join(values, ","), nil
}

// asJSON returns a list as expressions see it: by its JSON form.
func asJSON(list *cluster.ClusterList) (any, error) {
	data, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	var out any
	return out, json.Unmarshal(data, &out)
}
