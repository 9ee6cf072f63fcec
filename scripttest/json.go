package scripttest

import (
	"encoding/json"
	"io"
)

// jsonResult is a result in JSON.
type jsonResult struct {
	Name     string        `json:"name"`
	Outcome  string        `json:"outcome"`
	Failures []jsonFailure `json:"failures,omitempty"`
	Updated  []string      `json:"updated,omitempty"`
	Accept   string        `json:"accept,omitempty"`
}

type jsonFailure struct {
	Golden  string `json:"golden,omitempty"`
	Message string `json:"message"`
	Diff    string `json:"diff,omitempty"`
}

func (r *Report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range r.Results {
		result := &r.Results[i]
		out := jsonResult{Name: result.Name, Outcome: result.outcome(), Updated: result.Updated, Accept: result.Accept}
		for _, f := range result.Failures {
			out.Failures = append(out.Failures, jsonFailure(f))
		}
		if err := e.Encode(out); err != nil {
			return err
		}
	}
	return nil
}
