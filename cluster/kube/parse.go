package kube

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// parse reads one kubeconfig file.
func parse(text []byte, file string) (*clientcmdapi.Config, error) {
	config, err := clientcmd.Load(text)
	if err != nil {
		return nil, parseProblem(err)
	}
	for _, c := range config.Contexts {
		c.LocationOfOrigin = file
	}
	for _, c := range config.Clusters {
		c.LocationOfOrigin = file
	}
	for _, u := range config.AuthInfos {
		u.LocationOfOrigin = file
	}
	return config, nil
}

// merge makes one kubeconfig of several, as kubectl does: of entries with one
// name the first counts, and counts whole.
func merge(parts []*clientcmdapi.Config) *clientcmdapi.Config {
	all := clientcmdapi.NewConfig()
	for i := len(parts) - 1; i >= 0; i-- {
		maps.Copy(all.Contexts, parts[i].Contexts)
		maps.Copy(all.Clusters, parts[i].Clusters)
		maps.Copy(all.AuthInfos, parts[i].AuthInfos)
		if current := parts[i].CurrentContext; current != "" {
			all.CurrentContext = current
		}
	}
	return all
}

// syntaxProblem is what a YAML parser reports of a string without any of it. It has
// other messages that quote: a token that begins with an asterisk is a
// reference to nothing, and shown.
var syntaxProblem = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^yaml: (line \d+: )?((did|could) not find expected|found|mapping values are not allowed|block (sequence|mapping) entries are not allowed|control characters are not allowed)`)
})

var lineNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bline \d+`) })

// duplicateEntry matches client-go's message about two entries with one name, which
// goes on with all of them, secrets included.
var duplicateEntry = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^error converting \*\[\](Named(?:Context|Cluster|AuthInfo)) into .*?: duplicate name "(.*?)" in list: `)
})

var listOf = map[string]string{"NamedContext": "contexts", "NamedCluster": "clusters", "NamedAuthInfo": "users"}

// parseProblem explains why a string is not a kubeconfig, and shows nothing of its contents,
// which holds secrets.
func parseProblem(err error) error {
	text := err.Error()
	var corrupt base64.CorruptInputError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		got, _, _ := strings.Cut(wrong.Value, " ")
		if wrong.Type.Kind() == reflect.String {
			return fmt.Errorf("%s is a %s: write it in quotes", wrong.Field, got)
		}
		return fmt.Errorf("%s cannot be a %s", wrong.Field, got)
	case runtime.IsNotRegisteredError(err):
		return errors.New("it is of another kind than Config")
	case errors.As(err, &corrupt):
		return corrupt
	}
	if m := duplicateEntry().FindStringSubmatch(text); m != nil {
		return fmt.Errorf("two of its %s are named %q: rename or remove one", listOf[m[1]], m[2])
	}
	_, syntax, found := strings.Cut(text, "yaml: ")
	switch at := lineNumber().FindString(text); {
	case found && syntaxProblem().MatchString("yaml: "+syntax):
		return errors.New("yaml: " + syntax)
	case at != "":
		return fmt.Errorf("%s is not as a kubeconfig has it", at)
	}
	return errors.New("it is not a kubeconfig")
}
