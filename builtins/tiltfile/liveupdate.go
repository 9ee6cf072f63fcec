package tiltfile

import (
	"path"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
)

const stepType = "LiveUpdateStep"

var typeSteps = oneOrMore(typeOf[LiveUpdateStep](stepType))

func step(s LiveUpdateStep) sl.Value { return value[LiveUpdateStep]{stepType, s} }

// liveUpdateFunctions make the steps of a live update.
func liveUpdateFunctions() []row {
	return []row{
		{Name: "fall_back_on", Returns: stepType, Doc: "Makes the step that builds the whole image again if a file changes.", Define: func(p *params) body {
			paths := table.Required(p, "paths", typeStrs, "The files.")
			return func(r *Run, c *call) (sl.Value, error) {
				return step(LiveUpdateStep{FallBackOn: r.recordedAll(c, paths.Of(c))}), nil
			}
		}},
		{Name: "initial_sync", Returns: stepType, Doc: "Makes the step that syncs all files when a container starts.",
			Define: table.Plain(func(*Run, *call) (sl.Value, error) { return step(LiveUpdateStep{InitialSync: true}), nil })},
		{Name: "sync", Returns: stepType, Doc: "Makes the step that copies files into a container.", Define: func(p *params) body {
			local := table.Required(p, "local_path", typeStr, "The file or folder on this machine.")
			remote := table.Required(p, "remote_path", typeStr, "Where it goes, an absolute path.")
			return func(r *Run, c *call) (sl.Value, error) {
				return step(LiveUpdateStep{Sync: &Sync{Local: r.recorded(c, local.Of(c)), Remote: remote.Of(c)}}), nil
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
				return step(LiveUpdateStep{Run: &RunStep{Args: cmd.Of(c).args, Trigger: r.recordedAll(c, trigger.Of(c))}}), nil
			}
		}},
		{Name: "restart_container", Returns: stepType, Doc: "Makes the step that restarts a container; Tilt has it for compose services only.",
			Define: table.Plain(func(*Run, *call) (sl.Value, error) { return step(LiveUpdateStep{RestartContainer: true}), nil })},
	}
}

// checkSteps holds the order of steps: fall_back_on and initial_sync, sync, run,
// restart_container.
func checkSteps(c *call, steps []LiveUpdateStep) error {
	begun, ran, restarted := false, false, false
	for i, s := range steps {
		switch {
		case restarted:
			return c.Errorf("for parameter %q: restart_container must be the last step", "live_update")
		case s.FallBackOn != nil && begun:
			return c.Errorf("for parameter %q: fall_back_on steps must come before every other", "live_update")
		case s.InitialSync && i > 0 && begun:
			return c.Errorf("for parameter %q: initial_sync must come before sync and run steps", "live_update")
		case s.Sync != nil && ran:
			return c.Errorf("for parameter %q: sync steps must come before run steps", "live_update")
		case s.Sync != nil && !path.IsAbs(s.Sync.Remote):
			return c.Errorf("for parameter %q: sync to %q: the path in the container must be absolute", "live_update", s.Sync.Remote)
		}
		begun = begun || s.Sync != nil || s.Run != nil || s.RestartContainer
		ran = ran || s.Run != nil
		restarted = s.RestartContainer
	}
	return nil
}

// checkWatched fails for a sync step whose files the build does not watch: nothing
// would ever cause it.
func checkWatched(root string, steps []LiveUpdateStep, watched []string) (unwatched string, ok bool) {
	for _, s := range steps {
		if s.Sync == nil {
			continue
		}
		found := false
		for _, w := range watched {
			found = found || isWithin(root, w, s.Sync.Local)
		}
		if !found {
			return s.Sync.Local, false
		}
	}
	return "", true
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
	return folder == p || folder == "/" || strings.HasPrefix(p, folder+"/")
}
