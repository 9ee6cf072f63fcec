package kubetypes

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	sl "go.starlark.net/starlark"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

//go:embed types.txt
var text string

// schema is the text, its parts found: the type of each kind, and a line for each type.
type schema struct {
	kinds map[string]string // by apiVersion and kind, with a space between
	types []string

	mu     sync.Mutex
	fields map[string]map[string]string // of a type, by its number, when it is first used
}

var known = sync.OnceValue(func() *schema {
	s := &schema{kinds: map[string]string{}, fields: map[string]map[string]string{}}
	kinds, types, _ := strings.Cut(text, "\n\n")
	for line := range strings.SplitSeq(kinds, "\n") {
		at := strings.LastIndexByte(line, ' ')
		s.kinds[line[:at]] = line[at+1:]
	}
	s.types = strings.Split(types, "\n")
	return s
})

// of returns the types of the fields of a struct.
func (s *schema) of(number string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	fields, ok := s.fields[number]
	if !ok {
		fields = map[string]string{}
		n, _ := strconv.Atoi(number)
		for _, field := range strings.Fields(s.types[n]) {
			name, kind, _ := strings.Cut(field, "=")
			fields[name] = kind
		}
		s.fields[number] = fields
	}
	return fields
}

// Known reports whether Kubernetes itself has the kind.
func Known(apiVersion, kind string) bool {
	_, ok := known().kinds[apiVersion+" "+kind]
	return ok
}

// Check fails for an object of a known kind with a field that its type cannot hold.
func Check(apiVersion, kind string, object *sl.Dict) error {
	s := known()
	number, ok := s.kinds[apiVersion+" "+kind]
	if !ok {
		return nil
	}
	return (&checker{schema: s}).value(number, object)
}

// checker holds the path from the object to the value that is being checked.
type checker struct {
	*schema
	path []string
}

func (c *checker) below(step, kind string, v sl.Value) error {
	c.path = append(c.path, step)
	err := c.value(kind, v)
	c.path = c.path[:len(c.path)-1]
	return err
}

// value checks a value for a type, as the tool writes it. None is the zero value of any.
func (c *checker) value(kind string, v sl.Value) error {
	if v == sl.None {
		return nil
	}
	switch kind[0] {
	case '[':
		items, ok := v.(*sl.List)
		if !ok {
			return c.mismatch(v, "a list")
		}
		for i := range items.Len() {
			if err := c.below(fmt.Sprintf("[%d]", i), kind[1:], items.Index(i)); err != nil {
				return err
			}
		}
		return nil
	case '{':
		d, ok := v.(*sl.Dict)
		if !ok {
			return c.mismatch(v, "a mapping")
		}
		for k, e := range d.Entries() {
			if err := c.below("."+name(k), kind[1:], e); err != nil {
				return err
			}
		}
		return nil
	case '*':
		return nil
	}
	if kind[0] < '0' || kind[0] > '9' {
		return c.scalar(kind, v)
	}
	d, ok := v.(*sl.Dict)
	if !ok {
		return c.mismatch(v, "a mapping")
	}
	fields := c.of(kind)
	for k, e := range d.Entries() {
		if of, ok := fields[name(k)]; ok {
			if err := c.below("."+name(k), of, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// name is a key, which is a string in what YAML becomes.
func name(key sl.Value) string {
	if s, ok := sl.AsString(key); ok {
		return s
	}
	return key.String()
}

func (c *checker) scalar(kind string, v sl.Value) error {
	s, isString := sl.AsString(v)
	n, isInt := v.(sl.Int)
	_, isFloat := v.(sl.Float)
	switch kind {
	case "s":
		if !isString {
			return c.mismatch(v, "a string: quote it")
		}
	case "b":
		if _, ok := v.(sl.Bool); !ok {
			return c.mismatch(v, "true or false")
		}
	case "i", "l", "u":
		if !isInt || !fits(kind, n) {
			return c.mismatch(v, "an int")
		}
	case "f":
		if !isInt && !isFloat {
			return c.mismatch(v, "a number")
		}
	case "x":
		if !isString && (!isInt || !fits("i", n)) {
			return c.mismatch(v, "an int or a string")
		}
	case "B":
		if items, ok := v.(*sl.List); ok { // of bytes
			return c.value("[u", items)
		}
		if !isString {
			return c.mismatch(v, "Base64 in a string")
		}
		if _, err := base64.StdEncoding.DecodeString(s); err != nil {
			return c.mismatch(v, "Base64")
		}
	case "t":
		if _, err := time.Parse(time.RFC3339, s); !isString || err != nil {
			return c.mismatch(v, "a time as 2006-01-02T15:04:05Z")
		}
	case "m":
		if _, err := time.Parse(metav1.RFC3339Micro, s); !isString || err != nil {
			return c.mismatch(v, "a time as 2006-01-02T15:04:05.000000Z")
		}
	case "d":
		if _, err := time.ParseDuration(s); !isString || err != nil {
			return c.mismatch(v, "a duration as 1m30s")
		}
	case "q":
		if !isString {
			s = v.String()
		}
		if _, err := resource.ParseQuantity(strings.TrimSpace(s)); err != nil || !isString && !isInt && !isFloat {
			return c.mismatch(v, "a quantity as 100m or 2Gi")
		}
	}
	return nil
}

// fits reports whether an int is in the range of its type.
func fits(kind string, n sl.Int) bool {
	i, ok := n.Int64()
	switch kind {
	case "i":
		return ok && int64(int32(i)) == i
	case "u":
		_, ok = n.Uint64()
	}
	return ok
}

func (c *checker) mismatch(v sl.Value, want string) error {
	got := v.Type()
	switch v := v.(type) {
	case sl.String, sl.Int, sl.Float, sl.Bool:
		if text := v.String(); len(text) <= 40 {
			got += " " + text
		}
	}
	return fmt.Errorf("%s: got %s, want %s", strings.TrimPrefix(strings.Join(c.path, ""), "."), got, want)
}
