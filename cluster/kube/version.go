package kube

import (
	"context"
	"encoding/json"
	"fmt"
)

const acceptJSON = "application/json"

// version asks for the server's gitVersion.
func (c *client) version(ctx context.Context) (string, error) {
	const path = "/version"
	body, err := c.get(ctx, path, acceptJSON)
	if err != nil {
		return "", err
	}
	var info struct {
		GitVersion string `json:"gitVersion"`
	}
	if err := json.Unmarshal(body, &info); err != nil || info.GitVersion == "" {
		return "", &answerError{path, "no gitVersion"}
	}
	return info.GitVersion, nil
}

// answerError is a 200 that is not what the path promises. It does not show the
// answer, which came from whoever answered.
type answerError struct{ path, what string }

func (e *answerError) Error() string {
	return fmt.Sprintf("the answer to GET %s is not from a Kubernetes API server: %s", e.path, e.what)
}
