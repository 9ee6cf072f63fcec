package tiltfile

import "encoding/json"

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
	// Analytics is what analytics_settings(enable) says.
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
	// UnusedImages are the images of which it is no warning that nothing uses them;
	// "*" is all.
	UnusedImages []string `json:"suppressUnusedImageWarnings,omitempty"`
}

// CISettings bound a run in CI. Durations are as the script writes them.
type CISettings struct {
	Timeout          string `json:"timeout,omitempty"`
	ReadinessTimeout string `json:"readinessTimeout,omitempty"`
	GracePeriod      string `json:"k8sGracePeriod,omitempty"`
}

// DockerPruneSettings say when old images are removed.
type DockerPruneSettings struct {
	Disable     bool `json:"disable,omitempty"`
	MaxAgeMins  int  `json:"maxAgeMins,omitempty"`
	NumBuilds   int  `json:"numBuilds,omitempty"`
	IntervalHrs int  `json:"intervalHrs,omitempty"`
	KeepRecent  int  `json:"keepRecent,omitempty"`
}

// VersionSettings say which versions of Tilt the script is for.
type VersionSettings struct {
	CheckUpdates bool   `json:"checkUpdates"`
	Constraint   string `json:"constraint,omitempty"`
}

// TelemetryCommand is run with traces of Tilt.
type TelemetryCommand struct {
	Command Command `json:"command"`
	Period  string  `json:"period,omitempty"`
}

// Object is an object of Tilt's own API that a function of v1alpha1 declares.
type Object struct {
	Kind        string            `json:"kind"`
	Name        string            `json:"name"`
	Place       string            `json:"place"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Spec is the rest of the arguments, in the API's names.
	Spec json.RawMessage `json:"spec,omitempty"`
}
