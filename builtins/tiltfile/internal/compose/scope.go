package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

// scope is what the files of one list are read with: those of the project, or of an
// include.
type scope struct {
	dir   string // which their paths are relative to
	outer func(key string) (string, bool)
	env   map[string]string // of env files
	// extended are the contents of the files that services extend, which nothing changes.
	extended map[string]document
}

// newScope reads env files. Without any, it is .env in dir, if there is one. The variables
// of outer win over those of the files.
func newScope(dir string, outer func(string) (string, bool), read func(string) ([]byte, error), envFiles ...string) (*scope, error) {
	s := &scope{dir: dir, outer: outer, env: map[string]string{}, extended: map[string]document{}}
	for _, name := range envFiles {
		optional := name == ""
		if optional {
			name = path.Join(dir, ".env")
		}
		data, err := read(name)
		if optional && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		vars, err := dotenv.UnmarshalBytesWithLookup(data, s.lookup)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		maps.Copy(s.env, vars)
	}
	return s, nil
}

// lookup returns a variable.
func (s *scope) lookup(key string) (string, bool) {
	if v, ok := s.outer(key); ok {
		return v, true
	}
	v, ok := s.env[key]
	return v, ok
}
