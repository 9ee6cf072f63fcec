package tiltfile

import (
	"fmt"
	"maps"
	"path"
	"slices"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// LiveUpdateStep is one step of a live update. Exactly one field is set.
type LiveUpdateStep struct {
	FallBackOn       []string `json:"fallBackOn,omitempty"`
	InitialSync      bool     `json:"initialSync,omitempty"`
	Sync             *Sync    `json:"sync,omitempty"`
	Run              *RunStep `json:"run,omitempty"`
	RestartContainer bool     `json:"restartContainer,omitempty"`
}

// Sync copies files into a container.
type Sync struct {
	Local  string `json:"local"`
	Remote string `json:"remote"`
}

// RunStep runs a command in a container; Trigger are the files whose change causes
// it, empty for any.
type RunStep struct {
	Args    []string `json:"args"`
	Trigger []string `json:"trigger,omitempty"`
}

const stepType = "LiveUpdateStep"

// madeStep is a step as a value of scripts.
type madeStep struct {
	LiveUpdateStep
	// at is the call that made it.
	at syntax.Position
}

// String is the same for equal steps, wherever they are made.
func (s madeStep) String() string { return fmt.Sprintf("%+v", s.LiveUpdateStep) }

var typeSteps = oneOrMore(typeOf[madeStep](stepType))

// steps are those that a script has made, which it must use.
type steps struct {
	script *script
	unused map[syntax.Position]unusedStep // by the call that made them
}

// add makes a step.
func (s *steps) add(c *call, of LiveUpdateStep) sl.Value {
	made := madeStep{of, c.Thread.CallFrame(1).Pos}
	if s.unused == nil {
		s.unused = map[syntax.Position]unusedStep{}
	}
	s.unused[made.at] = unusedStep{c.Name(), s.script.site(c)}
	return value[madeStep]{typeName: "live_update_" + c.Name() + "_step", of: made} // as Tilt calls the type
}

// unusedStep is the call of a step that no live update has.
type unusedStep struct {
	function string
	site     site
}

// use makes a live update of steps. It holds their order: fall_back_on and
// initial_sync, sync, run, restart_container.
func (s *steps) use(c *call, made []madeStep) ([]LiveUpdateStep, error) {
	var out []LiveUpdateStep
	begun, ran, restarted := false, false, false
	for i, step := range made {
		switch {
		case restarted:
			return nil, c.Errorf("for parameter %q: restart_container must be the last step", "live_update")
		case step.FallBackOn != nil && begun:
			return nil, c.Errorf("for parameter %q: fall_back_on steps must come before every other", "live_update")
		case step.InitialSync && i > 0 && begun:
			return nil, c.Errorf("for parameter %q: initial_sync must come before sync and run steps", "live_update")
		case step.Sync != nil && ran:
			return nil, c.Errorf("for parameter %q: sync steps must come before run steps", "live_update")
		case step.Sync != nil && !path.IsAbs(step.Sync.Remote):
			return nil, c.Errorf("for parameter %q: sync to %q: the path in the container must be absolute", "live_update", step.Sync.Remote)
		}
		out = append(out, step.LiveUpdateStep)
		delete(s.unused, step.at)
		begun = begun || step.Sync != nil || step.Run != nil || step.RestartContainer
		ran = ran || step.Run != nil
		restarted = step.RestartContainer
	}
	return out, nil
}

// checkUsed fails for a step that no live update has: it would be lost.
func (s *steps) checkUsed() error {
	unused := slices.Collect(maps.Values(s.unused))
	if len(unused) == 0 {
		return nil
	}
	first := slices.MinFunc(unused, func(a, b unusedStep) int { return a.site.order - b.site.order })
	return first.site.fault(fmt.Errorf("%s: no live_update has the step: give it to docker_build, custom_build or k8s_custom_deploy", first.function))
}

// liveUpdateFunctions make the steps of a live update.
func liveUpdateFunctions() []row {
	return []row{
		{Name: "fall_back_on", Returns: stepType, Doc: "Makes the step that builds the whole image again if a file changes.", Define: func(p *params) body {
			paths := table.Required(p, "paths", typePaths, "The files.")
			return func(r *Run, c *call) (sl.Value, error) {
				return r.steps.add(c, LiveUpdateStep{FallBackOn: r.paths.recordedAll(c, paths.Of(c))}), nil
			}
		}},
		{Name: "initial_sync", Returns: stepType, Doc: "Makes the step that syncs all files when a container starts.",
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) { return r.steps.add(c, LiveUpdateStep{InitialSync: true}), nil })},
		{Name: "sync", Returns: stepType, Doc: "Makes the step that copies files into a container.", Define: func(p *params) body {
			local := table.Required(p, "local_path", typePath, "The file or folder on this machine.")
			remote := table.Required(p, "remote_path", typeStr, "Where it goes, an absolute path.")
			return func(r *Run, c *call) (sl.Value, error) {
				return r.steps.add(c, LiveUpdateStep{Sync: &Sync{Local: r.paths.recorded(c, local.Of(c)), Remote: remote.Of(c)}}), nil
			}
		}},
		{Name: "run", Returns: stepType, Doc: "Makes the step that runs a command in a container.", Define: func(p *params) body {
			cmd := table.Required(p, "cmd", typeCommand, "The command.")
			trigger := optional(p, "trigger", typeStrs, "The files whose change causes it; none is any.")
			echoOff := optional(p, "echo_off", typeBool, "Whether Tilt would not print the command; no effect here.")
			return func(r *Run, c *call) (sl.Value, error) {
				_ = echoOff.Of(c)
				if len(cmd.Of(c).args) == 0 {
					return nil, cmd.Errorf(c, "it is empty")
				}
				return r.steps.add(c, LiveUpdateStep{Run: &RunStep{Args: cmd.Of(c).args, Trigger: r.paths.recordedAll(c, trigger.Of(c))}}), nil
			}
		}},
		{Name: "restart_container", Returns: stepType, Doc: "Makes the step that restarts a container; Tilt has it for compose services only.",
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) {
				return r.steps.add(c, LiveUpdateStep{RestartContainer: true}), nil
			})},
	}
}

// checkWatched fails for a path of a step that the build does not watch: nothing
// would ever cause the step.
func checkWatched(root string, steps []LiveUpdateStep, watched []string) error {
	for _, s := range steps {
		function, paths := "fall_back_on", s.FallBackOn
		if s.Sync != nil {
			function, paths = "sync", []string{s.Sync.Local}
		}
		for _, p := range paths {
			if !slices.ContainsFunc(watched, func(w string) bool { return isWithin(root, w, p) }) {
				return fmt.Errorf("%s of %q: the path is in none of those that the build watches: %s", function, p, suggest.Quoted(watched))
			}
		}
	}
	return nil
}

// isWithin reports whether p is the folder or below it. Paths that are not absolute
// are below root.
func isWithin(root, folder, p string) bool {
	if !path.IsAbs(folder) {
		folder = path.Join(root, folder)
	}
	if !path.IsAbs(p) {
		p = path.Join(root, p)
	}
	_, ok := within(folder, p)
	return ok
}
