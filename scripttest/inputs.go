package scripttest

import (
	"path"
	"slices"
)

// inputs are what a run observes: files of the folder of its script, and of its
// scenario.
type inputs struct {
	recording *recording
	programs  *programs
	env, args string // paths of files in the store
}

// newInputs returns the inputs that a folder of a store can have.
func newInputs(dir string) *inputs {
	return &inputs{
		recording: &recording{path: path.Join(dir, recordingName)},
		programs:  &programs{path: path.Join(dir, programsName)},
		env:       path.Join(dir, environmentName),
		args:      path.Join(dir, argumentsName),
	}
}

// with returns the inputs of a scenario, of whose folder names are the files:
// what it lacks is that of its script.
func (in inputs) with(own *inputs, names []string) inputs {
	if slices.Contains(names, recordingName) {
		in.recording = own.recording
	}
	if slices.Contains(names, programsName) {
		in.programs = own.programs
	}
	if slices.Contains(names, environmentName) {
		in.env = own.env
	}
	if slices.Contains(names, argumentsName) {
		in.args = own.args
	}
	return in
}
