package certs

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestSet(t *testing.T) {
	set, err := NewSet()
	if err != nil {
		t.Fatal(err)
	}
	server, client := x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth
	anyReason := x509.InvalidReason(-1)
	tests := []struct {
		name   string
		pair   Pair
		usage  x509.ExtKeyUsage
		host   string
		user   string
		group  string
		reason x509.InvalidReason
	}{
		{"server", set.Server, server, "127.0.0.1", "server", "", anyReason},
		{"server by a service's name", set.Server, server, "kubernetes.default.svc", "server", "", anyReason},
		{"wrong name", set.WrongName, server, OtherName, "server", "", anyReason},
		{"expired server", set.ExpiredServer, server, "127.0.0.1", "server", "", x509.Expired},
		{"admin", set.Admin, client, "", "admin", "system:masters", anyReason},
		{"limited", set.Limited, client, "", "limited", "developers", anyReason},
		{"expired client", set.ExpiredClient, client, "", "admin", "system:masters", x509.Expired},
		{"kubelet", set.Kubelet, client, "", "system:node:node1", "system:nodes", anyReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.pair.TLS(); err != nil {
				t.Fatal(err)
			}
			cert := parse(t, tt.pair)
			options := x509.VerifyOptions{Roots: set.CA.Pool(), DNSName: tt.host, KeyUsages: []x509.ExtKeyUsage{tt.usage}}
			_, err := cert.Verify(options)
			if tt.reason == anyReason && err != nil {
				t.Errorf("verify: %v", err)
			}
			if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); tt.reason != anyReason && (!ok || invalid.Reason != tt.reason) {
				t.Errorf("verify: got %v, want reason %d", err, tt.reason)
			}
			options.Roots = set.OtherCA.Pool()
			if _, err := cert.Verify(options); err == nil {
				t.Error("the other authority vouches for it")
			}
			if got := cert.Subject.CommonName; got != tt.user {
				t.Errorf("made out to %q, want %q", got, tt.user)
			}
			if groups := cert.Subject.Organization; tt.group != "" && (len(groups) != 1 || groups[0] != tt.group) {
				t.Errorf("groups %q, want %q", groups, tt.group)
			}
		})
	}
	if err := parse(t, set.WrongName).VerifyHostname("127.0.0.1"); err == nil {
		t.Error("the certificate with the wrong name is good for 127.0.0.1")
	}
}

func parse(t *testing.T, pair Pair) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(pair.Cert)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestWrite(t *testing.T) {
	set, err := Shared()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := set.Admin.Write(dir, "cert.pem", "key.pem"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"cert.pem": set.Admin.Cert, "key.pem": set.Admin.Key} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != string(want) {
			t.Errorf("%s: read back %d bytes, %v", name, len(got), err)
		}
	}
	if err := set.Admin.Write(filepath.Join(dir, "none"), "cert.pem", "key.pem"); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}
