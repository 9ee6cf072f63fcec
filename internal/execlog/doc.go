// Package execlog records what programs answered to a script, and answers a later
// run from that, so that it starts none.
//
// A recording is YAML, one entry for each program that ran, made to be read and
// written by people:
//
//	apiVersion: sextant.dev/v1alpha1
//	kind: ExecRecording
//	programs:
//	- shell: git rev-parse --short HEAD
//	  stdout: |
//	    1a2b3c4
//	- args: [helm, template, web, ./chart, --include-crds]
//	  stdout: ""
//	  stderr: |
//	    Error: chart not found
//	  exitStatus: 1
//
// shell is a command for sh -c, args a program and its arguments. What else the
// script passes is part of the question: dir (below the root), env and unset (what
// the script adds to the environment, and removes from it), stdin, and context (a
// kubeconfig context that the script names). The environment of the process is
// never recorded: in a list of folders that the script extends, such as PATH, the mark
// ${PATH} is in the place of what the process has. In a recording that people wrote,
// which has no kind, an entry without env and unset answers in any environment for
// which no other entry is.
//
// # Paths
//
// ${SEXTANT_ROOT} in shell, args, env, stdin, stdout and stderr is the folder
// that scripts cannot leave, so that a recording serves on another machine.
//
// # Repetition
//
// A question that is asked again and answered alike has one entry, which answers
// it any number of times. If the answers differ, each has an entry, in order, and
// each answers once.
//
// # What it does not do
//
// It opens no file and starts no program: a [Recorder] has another executor do
// that.
package execlog
