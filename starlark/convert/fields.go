package convert

import (
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

var planned sync.Map // reflect.Type to []field

// fieldsOf lists the attributes of a struct type in the order of the source.
func fieldsOf(t reflect.Type) []field {
	if plan, ok := planned.Load(t); ok {
		return plan.([]field)
	}
	plan := collect(nil, t, nil)
	planned.Store(t, plan)
	return plan
}

// collect appends the attributes of t, which stands at index in the struct
// around it. Of two fields with one name the less deeply embedded one counts.
func collect(plan []field, t reflect.Type, index []int) []field {
	for i := range t.NumField() {
		f := t.Field(i)
		json, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if json == "-" {
			continue
		}
		at := append(slices.Clone(index), i)
		if inner := embedded(f); inner != nil && json == "" {
			plan = collect(plan, inner, at)
			continue
		}
		if !f.IsExported() {
			continue
		}
		if json == "" {
			json = f.Name
		}
		added := field{name: snake(json), json: json, index: at}
		old := slices.IndexFunc(plan, func(f field) bool { return f.name == added.name })
		switch {
		case old < 0:
			plan = append(plan, added)
		case len(added.index) < len(plan[old].index):
			plan[old] = added
		}
	}
	return plan
}

// embedded returns the struct type that f embeds, nil if its fields are not to
// stand among those around them.
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

// timeField gives the path to the time.Time that t is or embeds, as the times
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
// pod_ip, and characters that can't stand in a name are underscores.
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
