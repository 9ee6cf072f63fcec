package tiltfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile/extensions"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// extensionScheme begins the path of an extension, extensionRoot the name that the
// engine has for one.
const (
	extensionScheme = "ext://"
	extensionRoot   = "@ext/"
)

// IsExtension reports whether a file, by its name for the engine, is of an extension.
func IsExtension(file string) bool { return strings.HasPrefix(file, extensionRoot) }

// loads are the files that load, include and load_dynamic mean: those of the project
// and those of extensions, from the checkout or from the stand-ins of this package.
type loads struct {
	host     builtins.Host
	paths    *paths
	objects  *objects        // v1alpha1.extension declares where an extension is
	checkout fs.FS           // of an extensions repository, nil for none
	standIns map[string]bool // the files loaded that are stand-ins
}

// resolve returns the file that a load means: an extension, an absolute path below the
// root, or a path relative to the file being executed.
func (l *loads) resolve(executing, p string) (name string, ok bool, err error) {
	if ext, is := strings.CutPrefix(p, extensionScheme); is {
		if ext = path.Clean(ext); ext == "." || ext == ".." || path.IsAbs(ext) || strings.HasPrefix(ext, "../") {
			return "", false, fmt.Errorf("%s names no extension", p)
		}
		name, err := l.extension(ext)
		return name, err == nil, err
	}
	if path.IsAbs(p) {
		name, err := l.paths.name(p)
		return name, err == nil, err
	}
	name = path.Join(path.Dir(executing), p)
	inside := path.Dir(executing) == "." || !strings.HasPrefix(executing, "@")
	if p == "" || !inside {
		return "", false, nil // the engine's rules keep a module inside itself
	}
	return name, true, nil
}

// extension returns the file of an extension: that of its name, unless the script
// declares with v1alpha1.extension where a repository has it, a repository whose
// load_host begins the name, or a folder of this machine as the repository named
// default. A repository of another team is a folder of this machine, or the checkout of
// the run; it is never fetched, and no stand-in is taken for an extension of it.
func (l *loads) extension(name string) (string, error) {
	file := extensionRoot + name + "/Tiltfile"
	var extension struct{ RepoName, RepoPath string }
	named := l.objects.spec("Extension", name, &extension) && extension.RepoPath != ""
	if !named {
		extension.RepoName, extension.RepoPath, named = l.hosted(name)
	}
	var repo struct{ URL, GitSubpath string }
	declared := l.objects.spec("ExtensionRepo", extension.RepoName, &repo)
	folder := path.Join(repo.GitSubpath, extension.RepoPath)
	if local, is := strings.CutPrefix(repo.URL, "file://"); is {
		return l.paths.name(path.Join(local, folder, "Tiltfile"))
	}
	if !named {
		return file, nil
	}
	if !declared || strings.TrimSuffix(repo.URL, ".git") == "https://github.com/tilt-dev/tilt-extensions" {
		return extensionRoot + path.Clean("/" + folder)[1:] + "/Tiltfile", nil
	}
	if l.checkout != nil {
		for _, at := range []string{name, extension.RepoPath, folder} {
			at = path.Clean("/" + at)[1:] + "/Tiltfile"
			if _, err := fs.Stat(l.checkout, at); err == nil {
				return extensionRoot + at, nil
			}
		}
	}
	return "", &UnknownExtensionError{Name: name, Checkout: l.checkout != nil, URL: repo.URL}
}

// hosted returns the repository of an extension that the script does not declare, and
// its path there. It is the default one, named false, unless the load_host of another
// begins the name.
func (l *loads) hosted(name string) (repo, folder string, named bool) {
	for _, o := range *l.objects {
		var spec struct{ LoadHost string }
		if o.Kind != "ExtensionRepo" || json.Unmarshal(o.Spec, &spec) != nil || spec.LoadHost == "" {
			continue
		}
		if folder, ok := strings.CutPrefix(name, spec.LoadHost+"/"); ok {
			return o.Name, folder, true
		}
	}
	return "default", name, false
}

// source returns the contents of a file of an extension, ok false for any other file.
func (l *loads) source(ctx context.Context, name string) (source []byte, ok bool, err error) {
	file, is := strings.CutPrefix(name, extensionRoot)
	if !is {
		return nil, false, nil
	}
	if l.checkout != nil {
		data, err := l.read(file)
		if err == nil {
			return data, true, ctx.Err()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, false, err
		}
	}
	data, err := extensions.Read(file)
	if err == nil {
		l.standIns[name] = true
		return data, true, ctx.Err()
	}
	extension := strings.TrimSuffix(file, "/Tiltfile")
	return nil, false, &UnknownExtensionError{Name: extension, Checkout: l.checkout != nil}
}

// read reads a file of the checkout up to the run's limit.
func (l *loads) read(name string) ([]byte, error) {
	f, err := l.checkout.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	most := l.host.Options().Limits.FileSize
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = &diag.LimitError{Limit: diag.LimitFileSize, Max: uint64(most), Where: name}
	}
	return data, err
}

// missingName is the interpreter's error of a name that a loaded extension has not.
var missingName = lazy(`name (\S+) not found in module ext://(\S+)`)

// explainMissingName warns that a name may be missing since a stand-in has fewer than
// the extension.
func (l *loads) explainMissingName(err error) {
	m := missingName().FindStringSubmatch(err.Error())
	if m == nil || !l.standIns[extensionRoot+m[2]+"/Tiltfile"] {
		return
	}
	l.host.Warnf(diag.Position{}, "ext://%s is sextant's stand-in, which has no %s: give a checkout of an extensions repository with --ext DIR, "+
		"or copy the extension into the project and load its file", m[2], m[1])
}

// UnknownExtensionError reports an extension that is neither in the checkout of the
// run nor one that this package has a stand-in for.
type UnknownExtensionError struct {
	// Name is the extension's, without ext://.
	Name string
	// Checkout reports whether the run has a checkout.
	Checkout bool
	// URL is that of the repository that the script declares for the extension,
	// empty if it declares none.
	URL string
}

func (e *UnknownExtensionError) Error() string {
	if e.URL != "" {
		return fmt.Sprintf("no extension %q: it is declared to be of %s, and sextant fetches nothing; give a checkout of that repository with --ext DIR, "+
			"or copy the extension into the project and load its file", e.Name, e.URL)
	}
	didYouMean := suggest.DidYouMean(e.Name, extensions.Names())
	if e.Checkout {
		return fmt.Sprintf("no extension %q%s: it is not in the folder of --ext, and sextant has no stand-in for it; copy it into the project and load its file", e.Name, didYouMean)
	}
	return fmt.Sprintf("no extension %q%s: sextant has no stand-in for it and fetches nothing; give a checkout of an extensions repository with --ext DIR, "+
		"or copy the extension into the project and load its file", e.Name, didYouMean)
}

// mounted are the files of a run, with the checkout of extensions below its name for
// the engine.
type mounted struct{ files, extensions fs.FS }

var _ fs.StatFS = mounted{}

func (m mounted) of(name string) (fs.FS, string) {
	if name+"/" == extensionRoot {
		return m.extensions, "."
	}
	if below, ok := strings.CutPrefix(name, extensionRoot); ok {
		return m.extensions, below
	}
	return m.files, name
}

// Open opens a file.
func (m mounted) Open(name string) (fs.File, error) {
	files, name := m.of(name)
	return files.Open(name)
}

// Stat describes a file.
func (m mounted) Stat(name string) (fs.FileInfo, error) {
	files, name := m.of(name)
	return fs.Stat(files, name)
}
