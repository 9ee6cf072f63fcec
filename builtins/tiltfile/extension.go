package tiltfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/sextant-dev/sextant/builtins/tiltfile/extensions"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// UnknownExtensionError reports an extension that is neither in the checkout of the
// run nor one that this package has a stand-in for.
type UnknownExtensionError struct {
	// Name is the extension's, without ext://.
	Name string
	// Checkout reports whether the run has a checkout.
	Checkout bool
}

func (e *UnknownExtensionError) Error() string {
	near := suggest.DidYouMean(e.Name, extensions.Names())
	if e.Checkout {
		return fmt.Sprintf("no extension %q%s: it is not in the folder of --ext, and sextant has no stand-in for it; copy it into the project and load its file", e.Name, near)
	}
	return fmt.Sprintf("no extension %q%s: sextant has no stand-in for it and fetches nothing; give a checkout of an extensions repository with --ext DIR, "+
		"or copy the extension into the project and load its file", e.Name, near)
}

// LoadSource returns the text of a file of an extension, ok false for any other
// file. It is for the engine's hook.
func (r *Run) LoadSource(ctx context.Context, name string) (source []byte, ok bool, err error) {
	file, is := strings.CutPrefix(name, extensionRoot)
	if !is {
		return nil, false, nil
	}
	if r.options.Extensions != nil {
		data, err := r.readExtension(file)
		if err == nil {
			return data, true, ctx.Err()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, false, err
		}
	}
	data, err := extensions.Read(file)
	if err == nil {
		r.standIns[name] = true
		return data, true, ctx.Err()
	}
	extension, _, _ := strings.Cut(file, "/Tiltfile")
	return nil, false, &UnknownExtensionError{Name: extension, Checkout: r.options.Extensions != nil}
}

// readExtension reads a file of the checkout up to the run's limit.
func (r *Run) readExtension(name string) ([]byte, error) {
	f, err := r.options.Extensions.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	most := r.host.Options().Limits.FileSize
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = &diag.LimitError{Limit: diag.LimitFileSize, Max: uint64(most), Where: name}
	}
	return data, err
}
