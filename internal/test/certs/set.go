package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"sync"
)

// Names that the certificates of a Set carry.
const (
	// AdminUser is in the group system:masters, which may do everything.
	AdminUser = "admin"
	// LimitedUser is in the group DevelopersGroup, which may do what it is
	// given and nothing else.
	LimitedUser     = "limited"
	DevelopersGroup = "developers"
	// NodeName is the node that the kubelet's certificate is made out to.
	NodeName = "node1"
	// OtherName is the only name in the WrongName certificate.
	OtherName = "somewhere-else.test"
)

// Set is every certificate that the tests use. All leaves are signed by CA.
type Set struct {
	CA *Authority
	// OtherCA signed none of the leaves.
	OtherCA *Authority

	Server        Pair // 127.0.0.1, ::1, localhost, kubernetes.default.svc
	WrongName     Pair // OtherName only
	ExpiredServer Pair

	Admin         Pair
	Limited       Pair
	ExpiredClient Pair // AdminUser, were it not expired
	Kubelet       Pair // the node NodeName

	// ServiceAccount signs the tokens of service accounts: its public key in
	// Cert, its private key in Key.
	ServiceAccount Pair
}

// Shared is one Set for the whole process, made on first use.
var Shared = sync.OnceValues(NewSet)

// NewSet makes a Set with keys of its own.
func NewSet() (*Set, error) {
	set := new(Set)
	var err error
	if set.CA, err = NewAuthority("test-ca"); err != nil {
		return nil, err
	}
	if set.OtherCA, err = NewAuthority("other-ca"); err != nil {
		return nil, err
	}
	hosts := []string{"127.0.0.1", "::1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	for pair, leaf := range map[*Pair]Leaf{
		&set.Server:        {CommonName: "server", Hosts: hosts},
		&set.WrongName:     {CommonName: "server", Hosts: []string{OtherName}},
		&set.ExpiredServer: {CommonName: "server", Hosts: hosts, Expired: true},
		&set.Admin:         {CommonName: AdminUser, Groups: []string{"system:masters"}},
		&set.Limited:       {CommonName: LimitedUser, Groups: []string{DevelopersGroup}},
		&set.ExpiredClient: {CommonName: AdminUser, Groups: []string{"system:masters"}, Expired: true},
		&set.Kubelet:       {CommonName: "system:node:" + NodeName, Groups: []string{"system:nodes"}},
	} {
		if *pair, err = set.CA.Issue(leaf); err != nil {
			return nil, err
		}
	}
	if set.ServiceAccount, err = newSigningKey(); err != nil {
		return nil, err
	}
	return set, nil
}

func newSigningKey() (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("make the key of the service accounts: %w", err)
	}
	private, err := encodeKey(key)
	if err != nil {
		return Pair{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return Pair{}, fmt.Errorf("encode the key of the service accounts: %w", err)
	}
	return Pair{Cert: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), Key: private}, nil
}
