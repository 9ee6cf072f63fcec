package docker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/internal/nearest"
)

// defaultContext is the context that is not stored: the platform's default.
const defaultContext = "default"

// contextName returns the name of the context in use and the setting that says
// so.
func contextName(env environ.List) (name, source string, failure *cluster.PhaseError) {
	if name := env.Get("DOCKER_CONTEXT"); name != "" {
		return name, "DOCKER_CONTEXT", nil
	}
	file := filepath.Join(configDir(env), "config.json")
	text, err := localfile.ReadRegular(file)
	if errors.Is(err, fs.ErrNotExist) {
		return defaultContext, "", nil
	}
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil {
		return "", "", &cluster.PhaseError{
			Phase: cluster.PhaseConfig, Endpoint: file, Cause: unreadable(err),
			Advice: "mend the file, or set DOCKER_HOST or DOCKER_CONTEXT, with which it is not read",
		}
	}
	if config.CurrentContext == "" {
		return defaultContext, "", nil
	}
	return config.CurrentContext, "currentContext of " + file, nil
}

// findContext returns the endpoint of a stored context.
func findContext(env environ.List, name, said string) (*endpoint, *cluster.PhaseError) {
	dir := filepath.Join(configDir(env), "contexts")
	contexts := store.New(dir, store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(docker.DockerEndpoint, func() any { return &docker.EndpointMeta{} }),
	))
	fail := func(cause error, advice string) (*endpoint, *cluster.PhaseError) {
		return nil, &cluster.PhaseError{Phase: cluster.PhaseConfig, Endpoint: dir, Cause: cause, Advice: advice}
	}
	meta, err := contexts.GetMetadata(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fail(fmt.Errorf("there is no docker context %q, which %s names", name, said), nearContexts(contexts, name))
	}
	recreate := fmt.Sprintf("make it anew with `docker context rm %[1]s` and `docker context create %[1]s`", name)
	if err != nil {
		return fail(fmt.Errorf("docker context %q: %w", name, unreadable(err)), recreate)
	}
	stored, err := docker.EndpointFromContext(meta)
	if err != nil {
		return fail(fmt.Errorf("docker context %q has no docker endpoint", name), recreate)
	}
	material, err := docker.WithTLSData(contexts, name, stored)
	if err != nil {
		return fail(fmt.Errorf("docker context %q: TLS files: %w", name, unreadable(err)), recreate)
	}
	host := stored.Host
	if host == "" {
		host = platformHost
	}
	source := fmt.Sprintf("docker context %q", name)
	return newEndpoint(host, source, func() (*tlsSetup, *cluster.PhaseError) { return contextTLS(source, material) })
}

// nearContexts says which contexts there are, the nearest first.
func nearContexts(contexts store.Lister, name string) string {
	names := []string{defaultContext}
	if stored, err := store.Names(contexts); err == nil {
		names = append(names, stored...)
	}
	return "use one that is there: " + strings.Join(nearest.Names(name, names, 3), ", ") + " (`docker context ls` lists them all)"
}

// unreadable keeps of an error what tells why a file could not be used; the
// path is said beside it already.
func unreadable(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is not JSON: %w", e)
	}
	return err
}

// configDir is where the docker command keeps its configuration: DOCKER_CONFIG,
// else .docker in the home folder.
func configDir(env environ.List) string {
	if dir := env.Get("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	return filepath.Join(env.Home(), ".docker")
}
