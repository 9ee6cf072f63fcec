package convert

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// field is one attribute of a struct type.
type field struct {
	name  string // in snake case
	json  string
	index []int // path through embedded structs
}

// plan is the attributes of a struct type, or why it cannot have any.
type plan struct {
	fields []field
	err    error
}

var planned sync.Map // reflect.Type to plan

// fieldsOf lists the attributes of a struct type in the order of the source. Two
// fields whose JSON names differ must not become one attribute.
func fieldsOf(t reflect.Type) ([]field, error) {
	if known, ok := planned.Load(t); ok {
		return known.(plan).fields, known.(plan).err
	}
	made := plan{fields: prevail(collect(nil, t, nil, nil))}
	for i, f := range made.fields {
		if twice := slices.IndexFunc(made.fields[:i], func(g field) bool { return g.name == f.name }); twice >= 0 {
			made = plan{err: fmt.Errorf("fields %s and %s of the Go struct %s are both %s to a script: rename one", made.fields[twice].json, f.json, t, f.name)}
			break
		}
	}
	planned.Store(t, made)
	return made.fields, made.err
}

// collect appends the fields of t, which is at index in the struct around it,
// inside those of the types around.
func collect(fields []field, t reflect.Type, index []int, around []reflect.Type) []field {
	around = append(slices.Clone(around), t)
	for i := range t.NumField() {
		f := t.Field(i)
		json, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if json == "-" {
			continue
		}
		at := append(slices.Clone(index), i)
		if inner := embedded(f); inner != nil && json == "" {
			if !slices.Contains(around, inner) { // its fields are there, less deep
				fields = collect(fields, inner, at, around)
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		if json == "" {
			json = f.Name
		}
		fields = append(fields, field{name: snake(json), json: json, index: at})
	}
	return fields
}

// prevail leaves the fields that count where several have one JSON name: the least
// deeply embedded one, and none if there are two of those, as in encoding/json.
func prevail(all []field) []field {
	var out []field
	for i, f := range all {
		counts := true
		for j, other := range all {
			if i != j && other.json == f.json && len(other.index) <= len(f.index) {
				counts = false
			}
		}
		if counts {
			out = append(out, f)
		}
	}
	return out
}

// embedded returns the struct type that f embeds, nil if its fields are not to
// are among those around them.
func embedded(f reflect.StructField) reflect.Type {
	if !f.Anonymous {
		return nil
	}
	t := f.Type
	if t.Kind() == reflect.Pointer {
		if !f.IsExported() {
			return nil // reflection can't set it
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || timeField(t) != nil {
		return nil
	}
	return t
}

var timeType = reflect.TypeFor[time.Time]()

// timeField returns the path to the time.Time that t is or embeds, as the times
// of Kubernetes objects do; nil for other types. An empty path is t itself.
func timeField(t reflect.Type) []int {
	if t == timeType {
		return []int{}
	}
	if t.Kind() != reflect.Struct || t.NumField() != 1 {
		return nil
	}
	if f := t.Field(0); f.Anonymous && f.Type == timeType {
		return []int{0}
	}
	return nil
}

// snake makes the name of an attribute from that of a JSON field: podIP is
// pod_ip, and characters that can't be in a name are underscores.
func snake(json string) string {
	var b strings.Builder
	runes := []rune(json)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 {
			afterLower := unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1])
			endsAcronym := unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if afterLower || endsAcronym {
				b.WriteByte('_')
			}
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = '_'
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
