package manifest

import "bytes"

// Found is what an input holds.
type Found struct {
	Images   []Image
	Objects  []Object
	Warnings []Warning
}

// Find returns what data holds. Options.Replace and the callbacks are not used.
func Find(data []byte, opts Options) (*Found, error) {
	found := &Found{}
	opts.Replace = nil
	opts.OnImage = func(i *Image, _ string, _ bool) { found.Images = append(found.Images, *i) }
	opts.OnObject = func(o Object) error {
		found.Objects = append(found.Objects, o)
		return nil
	}
	plan, err := Scan(bytes.NewReader(data), opts)
	if err != nil {
		return nil, err
	}
	found.Warnings = plan.Warnings
	return found, nil
}

// Rewrite returns data with its images replaced, and the plan of it. If nothing
// changes, it returns data itself.
func Rewrite(data []byte, opts Options) ([]byte, *Plan, error) {
	plan, err := Scan(bytes.NewReader(data), opts)
	if err != nil {
		return nil, nil, err
	}
	if !plan.Changed() {
		return data, plan, nil
	}
	out := make([]byte, 0, len(data)+len(data)/16)
	done := int64(0)
	for e := range plan.Edits() {
		out = append(append(out, data[done:e.Start]...), e.New...)
		done = e.End
	}
	return append(out, data[done:]...), plan, nil
}
