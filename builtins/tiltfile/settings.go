package tiltfile

import (
	"fmt"
	"time"

	"github.com/blang/semver/v4"
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// Settings are what a script asks of Tilt itself. A field that the script does not
// set is nil or empty.
type Settings struct {
	Update      *UpdateSettings      `json:"update,omitempty"`
	CI          *CISettings          `json:"ci,omitempty"`
	DockerPrune *DockerPruneSettings `json:"dockerPrune,omitempty"`
	Version     *VersionSettings     `json:"version,omitempty"`
	// WatchIgnores are patterns of files that are not watched, WatchFiles files that
	// are, beside those that the script reads.
	WatchIgnores []string `json:"watchIgnores,omitempty"`
	WatchFiles   []string `json:"watchFiles,omitempty"`
	// Analytics is the argument of analytics_settings(enable).
	Analytics        *bool             `json:"analytics,omitempty"`
	AnalyticsTags    map[string]string `json:"analyticsTags,omitempty"`
	DisableScrub     bool              `json:"disableScrub,omitempty"`
	DisableSnapshots bool              `json:"disableSnapshots,omitempty"`
	Team             string            `json:"team,omitempty"`
	Telemetry        *TelemetryCommand `json:"telemetry,omitempty"`
	// Features are the feature flags that the script turns on or off.
	Features map[string]bool `json:"features,omitempty"`
}

// UpdateSettings bound updates.
type UpdateSettings struct {
	MaxParallelUpdates int `json:"maxParallelUpdates,omitempty"`
	// UpsertTimeoutSecs is that of a change in the cluster.
	UpsertTimeoutSecs int `json:"k8sUpsertTimeoutSecs,omitempty"`
	// ServerSideApply is auto, true or false.
	ServerSideApply string `json:"k8sServerSideApply,omitempty"`
	// UnusedImages are the images of which Tilt does not warn if nothing uses them;
	// "*" is all.
	UnusedImages []string `json:"suppressUnusedImageWarnings,omitempty"`
}

// CISettings bound a run in CI. Durations are as the script writes them.
type CISettings struct {
	Timeout          string `json:"timeout,omitempty"`
	ReadinessTimeout string `json:"readinessTimeout,omitempty"`
	GracePeriod      string `json:"k8sGracePeriod,omitempty"`
}

// DockerPruneSettings are when old images are removed.
type DockerPruneSettings struct {
	Disable     bool `json:"disable,omitempty"`
	MaxAgeMins  int  `json:"maxAgeMins,omitempty"`
	NumBuilds   int  `json:"numBuilds,omitempty"`
	IntervalHrs int  `json:"intervalHrs,omitempty"`
	KeepRecent  int  `json:"keepRecent,omitempty"`
}

// VersionSettings restrict which versions of Tilt the script is for.
type VersionSettings struct {
	CheckUpdates bool   `json:"checkUpdates"`
	Constraint   string `json:"constraint,omitempty"`
}

// TelemetryCommand is run with traces of Tilt.
type TelemetryCommand struct {
	Command Command `json:"command"`
	Period  string  `json:"period,omitempty"`
}

// TiltVersion is the version of Tilt whose API a Tiltfile has here.
const TiltVersion = "0.36.0"

// checkVersion fails if a range of versions cannot be read, or does not hold TiltVersion.
func checkVersion(constraint string) error {
	if constraint == "" {
		return nil
	}
	holds, err := semver.ParseRange(constraint)
	if err != nil {
		return fmt.Errorf("%q is not a range of versions: want >=0.30.0 or the like", constraint)
	}
	if !holds(semver.MustParse(TiltVersion)) {
		return fmt.Errorf("the script is for Tilt %s, and its API is here that of Tilt %s", constraint, TiltVersion)
	}
	return nil
}

// settingsFunctions record what a script asks of Tilt itself.
func settingsFunctions() []row {
	records := func(name, doc string, define func(*params) body) row {
		return row{Name: name, Returns: "None", Doc: doc, Declares: true, Define: define}
	}
	return []row{
		records("update_settings", "Records how Tilt updates.", updateSettings),
		records("ci_settings", "Records how long Tilt waits in CI.", ciSettings),
		records("watch_settings", "Records which files Tilt does not watch.", watchSettings),
		records("docker_prune_settings", "Records when Tilt removes old images.", dockerPruneSettings),
		records("version_settings", "Fails if the script is not for the version of Tilt whose API this is: "+TiltVersion+".", versionSettings),
		records("secret_settings", "Records whether Tilt hides secrets in logs.", secretSettings),
		records("analytics_settings", "Records whether Tilt reports its use.", analyticsSettings),
		records("experimental_analytics_report", "Records what Tilt reports with its use.", analyticsReport),
		records("experimental_telemetry_cmd", "Records a command that Tilt sends traces to.", telemetryCommand),
		records("disable_snapshots", "Records that Tilt makes no snapshots.", table.Plain(setting(disableSnapshots))),
		records("set_team", "Records the team.", setTeam),
		records("enable_feature", featureDoc, setFeature(true)),
		records("disable_feature", featureDoc, setFeature(false)),
	}
}

// setting is a function that changes the settings.
func setting(set func(*Settings, *call) error) body {
	return func(r *Run, c *call) (sl.Value, error) { return sl.None, set(&r.settings, c) }
}

const featureDoc = "Records a feature of Tilt as on or off; which Tilt knows differs by its version, so any name is accepted."

func setFeature(on bool) func(*params) body {
	return func(p *params) body {
		feature := table.Required(p, "msg", typeStr, "The feature.")
		return setting(func(s *Settings, c *call) error {
			if feature.Of(c) == "" {
				return feature.Errorf(c, "it is empty")
			}
			if s.Features == nil {
				s.Features = map[string]bool{}
			}
			s.Features[feature.Of(c)] = on
			return nil
		})
	}
}

// typeDuration is a length of time as Go writes it: 30s, 5m. It stays as it is.
var typeDuration = parsed(func(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if _, err := time.ParseDuration(s); err != nil {
		return "", fmt.Errorf("%q is not a duration: want 30s, 5m or the like", s)
	}
	return s, nil
})

func updateSettings(p *params) body {
	parallel := optional(p, "max_parallel_updates", typePositive, "How many resources are updated at the same time.")
	timeout := optional(p, "k8s_upsert_timeout_secs", typePositive, "How long a change in the cluster may take.")
	unused := optional(p, "suppress_unused_image_warnings", typeStrs, `The images of which it is no warning that nothing uses them; "*" is all.`)
	serverSide := optional(p, "k8s_server_side_apply", typeServerSide, "Whether objects are applied by the server: auto, true or false.")
	return setting(func(s *Settings, c *call) error {
		if s.Update == nil {
			s.Update = &UpdateSettings{}
		}
		u := s.Update
		for _, limit := range []struct {
			arg table.Arg[int]
			to  *int
		}{{parallel, &u.MaxParallelUpdates}, {timeout, &u.UpsertTimeoutSecs}} {
			if !limit.arg.Given(c) {
				continue
			}
			if limit.arg.Of(c) < 1 {
				return limit.arg.Errorf(c, "got %d, want 1 or more", limit.arg.Of(c))
			}
			*limit.to = limit.arg.Of(c)
		}
		u.UnusedImages = append(u.UnusedImages, unused.Of(c)...)
		if serverSide.Given(c) {
			u.ServerSideApply = serverSide.Of(c)
		}
		return nil
	})
}

var typeServerSide = table.Type[string]{Name: "str | bool", Convert: func(v sl.Value) (string, error) {
	switch v := v.(type) {
	case sl.Bool:
		return fmt.Sprint(bool(v)), nil
	case sl.String:
		if s := string(v); s == "auto" || s == "true" || s == "false" {
			return s, nil
		}
		return "", fmt.Errorf("got %s, want auto, true or false", v)
	}
	return "", table.ErrType
}}

func ciSettings(p *params) body {
	grace := optional(p, "k8s_grace_period", typeDuration, "How long a pod may stay unready.")
	timeout := optional(p, "timeout", typeDuration, "How long a run may take.")
	readiness := optional(p, "readiness_timeout", typeDuration, "How long a resource may take to become ready.")
	return setting(func(s *Settings, c *call) error {
		s.CI = &CISettings{Timeout: timeout.Of(c), ReadinessTimeout: readiness.Of(c), GracePeriod: grace.Of(c)}
		return nil
	})
}

func watchSettings(p *params) body {
	ignore := optional(p, "ignore", typeStrs, "Patterns.")
	return setting(func(s *Settings, c *call) error {
		s.WatchIgnores = append(s.WatchIgnores, ignore.Of(c)...)
		return nil
	})
}

func dockerPruneSettings(p *params) body {
	disable := optional(p, "disable", typeBool, "Whether none is removed.")
	maxAge := table.Optional(p, "max_age_mins", none(typePositive), sl.MakeInt(360), "How old an image may get.")
	builds := optional(p, "num_builds", typePositive, "After how many builds they are removed.")
	interval := table.Optional(p, "interval_hrs", none(typePositive), sl.MakeInt(1), "After how many hours they are removed.")
	keep := table.Optional(p, "keep_recent", none(typePositive), sl.MakeInt(2), "How many of each image stay.")
	return setting(func(s *Settings, c *call) error {
		if builds.Given(c) && interval.Given(c) && builds.Of(c) != 0 && interval.Of(c) != 0 {
			return c.Errorf("got both num_builds and interval_hrs: give one")
		}
		s.DockerPrune = &DockerPruneSettings{
			Disable: disable.Of(c), MaxAgeMins: maxAge.Of(c), NumBuilds: builds.Of(c), IntervalHrs: interval.Of(c), KeepRecent: keep.Of(c),
		}
		return nil
	})
}

func versionSettings(p *params) body {
	check := table.Optional(p, "check_updates", none(typeBool), sl.True, "Whether Tilt looks for updates.")
	constraint := optional(p, "constraint", typeStr, "The versions, as >=0.30.0.")
	return setting(func(s *Settings, c *call) error {
		if err := checkVersion(constraint.Of(c)); err != nil {
			return constraint.Errorf(c, "%w", err)
		}
		s.Version = &VersionSettings{CheckUpdates: check.Of(c), Constraint: constraint.Of(c)}
		return nil
	})
}

func secretSettings(p *params) body {
	disable := table.Required(p, "disable_scrub", typeBool, "Whether it does not.")
	return setting(func(s *Settings, c *call) error {
		s.DisableScrub = disable.Of(c)
		return nil
	})
}

func analyticsSettings(p *params) body {
	enable := table.Required(p, "enable", typeBool, "Whether it does.")
	return setting(func(s *Settings, c *call) error {
		on := enable.Of(c)
		s.Analytics = &on
		return nil
	})
}

func analyticsReport(p *params) body {
	tags := table.Required(p, "tags", typeDict, "Names and values.")
	return setting(func(s *Settings, c *call) error {
		if s.AnalyticsTags == nil {
			s.AnalyticsTags = map[string]string{}
		}
		for _, tag := range tags.Of(c) {
			s.AnalyticsTags[tag.Key] = tag.Value
		}
		return nil
	})
}

func telemetryCommand(p *params) body {
	cmd := table.Required(p, "cmd", typeCommand, "The command.")
	bat := optional(p, "cmd_bat", typeBat, "The command on Windows.")
	period := optional(p, "period", typeDuration, "How often it runs.")
	dir := optional(p, "dir", typeStr, "The folder that it runs in.")
	return func(r *Run, c *call) (sl.Value, error) {
		recorded := r.paths.command(c, cmd.Of(c), bat.Of(c), dir.Of(c), nil)
		switch {
		case recorded == nil:
			return nil, cmd.Errorf(c, "it is empty")
		case r.settings.Telemetry != nil:
			return nil, c.Errorf("it was called already")
		}
		r.settings.Telemetry = &TelemetryCommand{Command: *recorded, Period: period.Of(c)}
		return sl.None, nil
	}
}

func disableSnapshots(s *Settings, _ *call) error {
	s.DisableSnapshots = true
	return nil
}

func setTeam(p *params) body {
	team := table.Required(p, "team_id", typeStr, "The team.")
	return setting(func(s *Settings, c *call) error {
		switch {
		case team.Of(c) == "":
			return team.Errorf(c, "it is empty")
		case s.Team != "":
			return c.Errorf("the team is %q already", s.Team)
		}
		s.Team = team.Of(c)
		return nil
	})
}
