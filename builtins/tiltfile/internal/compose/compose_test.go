package compose_test

import (
	"io/fs"
	"testing"

	"github.com/sextant-dev/sextant/builtins/tiltfile/internal/compose"
)

// An env file is read once, however many services have it.
func TestEnvFileIsReadOnce(t *testing.T) {
	const project = `
services:
  a: {image: a, env_file: common.env}
  b: {image: b, env_file: [common.env, ./common.env]}
  c: {image: c, env_file: [{path: other.env, required: false}]}
`
	read := map[string]int{}
	_, err := compose.Load(compose.Options{
		Files:  []compose.File{{Name: "app/compose.yaml", Data: []byte(project)}},
		Root:   "root",
		Lookup: func(string) (string, bool) { return "", false },
		Read: func(name string) ([]byte, error) {
			read[name]++
			if name == "app/common.env" {
				return nil, nil
			}
			return nil, fs.ErrNotExist
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := read["app/common.env"]; n != 1 {
		t.Errorf("common.env was read %d times: %v", n, read)
	}
}
