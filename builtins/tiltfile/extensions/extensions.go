// Package extensions holds stand-ins for extensions of Tilt: scripts of our own with
// the functions that Tiltfiles load from ext://NAME. They declare what the
// extensions declare, so that a Tiltfile can be evaluated without fetching anything,
// and are used where the run has no checkout of an extensions repository.
//
// A stand-in is NAME/Tiltfile. It sees what a Tiltfile sees, and the module native,
// which no other script sees. What would have to run a program
// does so by local(), under the rules of the run.
package extensions

import (
	"embed"
	"errors"
	"io/fs"
	"path"
	"slices"
)

//go:embed */Tiltfile */*/Tiltfile
var files embed.FS

// Read returns a file of a stand-in, such as secret/Tiltfile. The error is an
// [fs.ErrNotExist] if there is none.
func Read(name string) ([]byte, error) { return files.ReadFile(name) }

// Names returns the names of the stand-ins, sorted, without ext://.
func Names() []string {
	var names []string
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path.Dir(name))
		}
		return err
	})
	if err != nil {
		panic(errors.Join(errors.New("extensions: the embedded files cannot be listed"), err))
	}
	slices.Sort(names)
	return names
}
