package certs

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
)

// Pair is a certificate and its private key, both PEM.
type Pair struct {
	Cert, Key []byte
}

// TLS is the pair as crypto/tls takes it.
func (p Pair) TLS() (tls.Certificate, error) {
	cert, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read a certificate and its key: %w", err)
	}
	return cert, nil
}

// Write puts the pair into dir as certName and keyName, the key readable by its
// owner only.
func (p Pair) Write(dir, certName, keyName string) error {
	if err := os.WriteFile(filepath.Join(dir, certName), p.Cert, 0o644); err != nil {
		return fmt.Errorf("write a certificate: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, keyName), p.Key, 0o600); err != nil {
		return fmt.Errorf("write a private key: %w", err)
	}
	return nil
}
