package docker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/docker/cli/cli/context/docker"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/localfile"
)

// tlsSetup is how TLS is spoken with a daemon.
type tlsSetup struct {
	config *tls.Config
	// files names the source of the certificates, for messages.
	files string
	// check describes how to have the daemon's certificate checked.
	check string
}

// wantsTLS reports whether the environment asks for TLS by name.
func wantsTLS(env environ.List) bool {
	return env.Get("DOCKER_TLS_VERIFY") != "" || env.Get("DOCKER_TLS") != ""
}

// environmentTLS reads the certificates that the environment names. TLS is on
// where DOCKER_TLS_VERIFY, DOCKER_TLS or DOCKER_CERT_PATH is set, and checks the
// daemon's certificate where DOCKER_TLS_VERIFY is.
func environmentTLS(env environ.List) (*tlsSetup, *cluster.PhaseError) {
	verify := env.Get("DOCKER_TLS_VERIFY") != ""
	dir := env.Get("DOCKER_CERT_PATH")
	if dir == "" && !wantsTLS(env) {
		return nil, nil
	}
	explicit := dir != ""
	if !explicit {
		dir = configDir(env)
	}
	fail := func(cause error) (*tlsSetup, *cluster.PhaseError) {
		return nil, &cluster.PhaseError{
			Phase: cluster.PhaseCredentials, Endpoint: dir, Cause: cause,
			Advice: "put ca.pem, cert.pem and key.pem there, or point DOCKER_CERT_PATH at the folder that holds them",
		}
	}
	var pems [3][]byte
	found := false
	for i, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
		text, err := localfile.ReadRegular(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fail(fmt.Errorf("%s: %w", name, unreadable(err)))
		}
		found = found || err == nil
		pems[i] = text
	}
	if explicit && !found {
		return fail(errors.New("the folder holds no certificates"))
	}
	if verify && pems[0] == nil {
		return fail(errors.New("ca.pem is missing, and DOCKER_TLS_VERIFY asks for it"))
	}
	config, err := tlsConfig(pems[0], pems[1], pems[2], !verify)
	if err != nil {
		return fail(err)
	}
	return &tlsSetup{config: config, files: dir, check: "set DOCKER_TLS_VERIFY=1 to have it checked against ca.pem"}, nil
}

// contextTLS makes TLS of what a docker context stores; without certificates a
// context's tcp address is plain.
func contextTLS(source string, stored docker.Endpoint) (*tlsSetup, *cluster.PhaseError) {
	if stored.TLSData == nil && !stored.SkipTLSVerify {
		return nil, nil
	}
	var ca, cert, key []byte
	if data := stored.TLSData; data != nil {
		ca, cert, key = data.CA, data.Cert, data.Key
	}
	config, err := tlsConfig(ca, cert, key, stored.SkipTLSVerify)
	if err != nil {
		return nil, &cluster.PhaseError{
			Phase: cluster.PhaseCredentials, Endpoint: source, Cause: err,
			Advice: "give the context its certificates again with `docker context update`",
		}
	}
	return &tlsSetup{config: config, files: source, check: "update the context without skip-tls-verify to have it checked"}, nil
}

// tlsConfig makes the configuration of PEM blocks, nil for those that are not
// there: the system's authorities replace ca.
func tlsConfig(ca, cert, key []byte, skipVerify bool) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: skipVerify}
	if ca != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(ca) {
			return nil, errors.New("ca.pem holds no certificate")
		}
	}
	switch {
	case cert == nil && key == nil:
		return config, nil
	case cert == nil:
		return nil, errors.New("key.pem is there, cert.pem is not")
	case key == nil:
		return nil, errors.New("cert.pem is there, key.pem is not")
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("cert.pem and key.pem do not go together: %w", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}
