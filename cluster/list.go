package cluster

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/yaml11"
)

// ParseList reads a ClusterList in YAML or JSON, as printed by `sextant eval -o
// yaml`, or the List that `kubectl get -o yaml` prints of Cluster objects. The
// facts of a recording that has them in annotations become status fields.
//
// An unknown field outside a status, another kind, two clusters of one name and
// an invalid registry are errors, each a *[ListError]. The file's name is only
// for them. A status may have fields of a later version, which are ignored.
func ParseList(file string, data []byte) (*ClusterList, error) {
	list, err := decodeList(data)
	if err != nil {
		return nil, listError(file, data, err)
	}
	if line := secondDocument(data); line > 0 {
		return nil, &ListError{Position: diag.Position{File: file, Line: line}, Reason: "a second document: a recording is one " + ListKind + "; join the items of both"}
	}
	fail := func(path, format string, args ...any) (*ClusterList, error) {
		return nil, &ListError{Position: place(file, data, path, ""), Reason: fmt.Sprintf(format, args...)}
	}
	printedByKubectl := list.APIVersion == "v1" && list.Kind == "List"
	if !printedByKubectl && (list.APIVersion != GroupVersion.String() || list.Kind != ListKind) {
		return fail("kind", "apiVersion %q, kind %q: want %s, %s, as printed by sextant eval -o yaml",
			list.APIVersion, list.Kind, GroupVersion, ListKind)
	}
	seen := map[string]bool{}
	for i := range list.Items {
		item := field.NewPath("items").Index(i)
		c := &list.Items[i]
		bare := c.APIVersion == "" && c.Kind == "" && !printedByKubectl // what the list is of
		if !bare && (c.APIVersion != GroupVersion.String() || c.Kind != Kind) {
			return fail(item.Child("kind").String(), "%s: apiVersion %q, kind %q: want %s, %s", item, c.APIVersion, c.Kind, GroupVersion, Kind)
		}
		moveFacts(c)
		name := c.Name
		if seen[name] {
			return fail(item.Child("metadata", "name").String(), "%s: a second cluster named %q", item, name)
		}
		seen[name] = true
		if r := c.Status.Registry; r != nil {
			at := item.Child("status", "registry")
			if err := Invalid(r.Validate(at)); err != nil {
				return fail(at.String(), "%v", err)
			}
		}
	}
	list.TypeMeta = metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: ListKind}
	return list, nil
}

// What a list may have: a cluster takes a kilobyte before anything is known of it, and
// some 50 lines in YAML if all is.
const (
	maxItems  = 20_000
	maxValues = 2_000_000
)

// decodeList reads a list strictly, but for unknown fields of a status.
func decodeList(data []byte) (*ClusterList, error) {
	if err := yaml11.Bound(data, maxValues); err != nil {
		return nil, err
	}
	text, err := sigsyaml.YAMLToJSONStrict(data)
	if err != nil {
		return nil, err
	}
	var many struct{ Items []struct{} }
	if json.Unmarshal(text, &many) == nil && len(many.Items) > maxItems {
		return nil, fmt.Errorf("over the limit of %d for items", maxItems)
	}
	list := &ClusterList{}
	strict, err := kjson.UnmarshalStrict(text, list)
	if err != nil {
		return nil, err
	}
	for _, err := range strict {
		var at kjson.FieldError
		if !errors.As(err, &at) || !statusField().MatchString(at.FieldPath()) || inAnotherCase(at.FieldPath()) != "" {
			return nil, err
		}
	}
	return list, nil
}

// statusField matches the path of a field inside a status.
var statusField = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^items\[\d+\]\.status\.`) })

// inAnotherCase returns the name of the field of a status that the last element of a path
// differs from in case alone, "" for none: it is not a field of a later version.
func inAnotherCase(path string) string {
	last := path[strings.LastIndexByte(path, '.')+1:]
	if name := statusNames()[strings.ToLower(last)]; statusField().MatchString(path) && name != last {
		return name
	}
	return ""
}

// statusNames are the names of all fields of a status, by their lower-case form.
var statusNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return
		}
		for _, f := range reflect.VisibleFields(t) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				names[strings.ToLower(name)] = name
				add(f.Type)
			}
		}
	}
	add(reflect.TypeFor[ClusterStatus]())
	return names
})

// factAnnotations are the facts that recordings had in annotations, and the
// status fields that they became.
var factAnnotations = map[string]func(*ClusterStatus) *string{
	"arch-reason":     func(s *ClusterStatus) *string { return &s.ArchReason },
	"product-reason":  func(s *ClusterStatus) *string { return &s.ProductReason },
	"registry-source": func(s *ClusterStatus) *string { return &s.RegistrySource },
	"registry-reason": func(s *ClusterStatus) *string { return &s.RegistryReason },
	"endpoint":        func(s *ClusterStatus) *string { return &s.Endpoint },
}

// moveFacts moves the facts of an old recording into the status. A field that is
// set wins.
func moveFacts(c *Cluster) {
	for key, value := range c.Annotations {
		name, ours := strings.CutPrefix(key, AnnotationPrefix)
		if !ours {
			continue
		}
		if name == "architectures" && len(c.Status.Architectures) == 0 && value != "" {
			c.Status.Architectures = strings.Split(value, ",")
		}
		if field := factAnnotations[name]; field != nil {
			*field(&c.Status) = cmp.Or(*field(&c.Status), value)
		}
		delete(c.Annotations, key)
	}
	if len(c.Annotations) == 0 {
		c.Annotations = nil
	}
}

// secondDocument is the line of what follows the first document, 0 if nothing
// does.
func secondDocument(data []byte) (line int) {
	marker := max(bytes.LastIndex(data, []byte("\n---")), bytes.LastIndex(data, []byte("\n...")))
	if marker < 0 {
		return 0 // nearly always, and quick to see
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if d.Decode(&doc) != nil {
		return 0
	}
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && len(doc.Content) == 1 && doc.Content[0].ShortTag() == "!!null":
		return 0
	case err == nil:
		return doc.Content[0].Line
	}
	return 1 + bytes.Count(data[:marker+1], []byte("\n"))
}

// ListError is why a document is not a list of clusters, and where.
type ListError struct {
	// Position has the file as the caller called it. Line and Column are 0 if the
	// parser does not report them.
	diag.Position
	Reason string // one line, lower case
}

func (e *ListError) Error() string { return e.Position.String() + ": " + e.Reason }

// listError finds the place of a decoding error, and words it on one line without
// the decoders' own steps.
func listError(file string, data []byte, err error) *ListError {
	e := &ListError{Position: diag.Position{File: file}}
	var wrong *json.UnmarshalTypeError
	var at kjson.FieldError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		got, _, _ := strings.Cut(wrong.Value, " ") // "number 1.5"
		e.Position = place(file, data, wrong.Field, got)
		is, want := inWords[got], inWords[jsonTypeFor(wrong.Type)]
		if is == want {
			want = "one that fits " + wrong.Type.String()
		}
		e.Reason = fmt.Sprintf("%s is %s, want %s", wrong.Field, is, want)
	case errors.As(err, &wrong):
		got, _, _ := strings.Cut(wrong.Value, " ")
		e.Reason = "it is " + inWords[got] + ", want what sextant eval -o yaml prints"
	case errors.As(err, &at):
		e.Position = place(file, data, at.FieldPath(), "")
		e.Reason = fmt.Sprintf("unknown field %q", at.FieldPath())
		if name := inAnotherCase(at.FieldPath()); name != "" {
			e.Reason += fmt.Sprintf(": write it as %q", name)
		}
	default:
		text := strings.Join(strings.Fields(err.Error()), " ")
		for _, step := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: ", "while decoding JSON: ", "json: ", "yaml: ", "unmarshal errors: "} {
			text = strings.TrimPrefix(text, step)
		}
		if at := parserLine().FindStringSubmatch(text); at != nil {
			e.Line, _ = strconv.Atoi(at[1])
			text = text[len(at[0]):]
		}
		e.Reason = text
	}
	e.Reason = "not a " + ListKind + ": " + e.Reason
	return e
}

// parserLine matches the place at the start of a YAML parser's message.
var parserLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^line (\d+): `) })

// place is where a field is in a YAML document: its key, or, if its JSON type is
// given, the first value there that has it. A path without an index goes through
// every item of a list. Line and column are 0 for a field that does not exist.
func place(file string, data []byte, path, jsonType string) diag.Position {
	at := diag.Position{File: file}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil || len(doc.Content) == 0 {
		return at
	}
	steps := strings.FieldsFunc(strings.ReplaceAll(path, "[", ".["), func(r rune) bool { return r == '.' })
	if n := descend(doc.Content[0], steps, jsonType); n != nil {
		at.Line, at.Column = n.Line, n.Column
	}
	return at
}

func descend(n *yaml.Node, steps []string, jsonType string) *yaml.Node {
	if len(steps) == 0 {
		if jsonType == "" || jsonTypeOf(n) == jsonType {
			return n
		}
		for _, c := range n.Content { // of a map, encoding/json does not name the member
			if n.Kind == yaml.MappingNode && jsonTypeOf(c) == jsonType {
				return c
			}
		}
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return descend(n.Alias, steps, jsonType)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if !strings.EqualFold(key.Value, steps[0]) { // as encoding/json matches them
				continue
			}
			if len(steps) == 1 && jsonType == "" {
				return key
			}
			return descend(value, steps[1:], jsonType)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			rest := steps
			if strings.HasPrefix(steps[0], "[") {
				if steps[0] != "["+strconv.Itoa(i)+"]" {
					continue
				}
				rest = steps[1:]
			}
			if found := descend(item, rest, jsonType); found != nil {
				return found
			}
		}
	}
	return nil
}

var inWords = map[string]string{
	"object": "a mapping", "array": "a list", "string": "a string", "number": "a number", "bool": "true or false",
}

// jsonTypeFor is the type of the values that a Go type is read from.
func jsonTypeFor(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Slice:
		return "array"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	}
	return "number"
}

// jsonTypeOf is the type of a value in the words of [json.UnmarshalTypeError].
func jsonTypeOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "object"
	case yaml.SequenceNode:
		return "array"
	case yaml.AliasNode:
		return jsonTypeOf(n.Alias)
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "number"
	case "!!bool":
		return "bool"
	}
	return "string"
}
