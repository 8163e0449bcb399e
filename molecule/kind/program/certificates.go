// Copyright: (c) 2026, The mlplatform.kubeflow authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

package main

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	mountsFile = "/proc/self/mountinfo"
	lifetime   = 90 * 24 * time.Hour
	// most is how many names are remembered: anybody may ask for any.
	most = 64
)

// pairs are certificate and key as webhook servers name the files that they mount.
var pairs = [][2]string{{"tls.crt", "tls.key"}, {"cert.pem", "key.pem"}, {"server-cert.pem", "server-key.pem"}}

// certificates presents what the pod mounts for a name, else what the image's authority signs for it.
type certificates struct {
	authority tls.Certificate
	leaf      *x509.Certificate
	folders   func() []string
	lock      sync.Mutex
	made      map[string]*tls.Certificate
}

func newCertificates(certificate, key string, folders func() []string) (*certificates, error) {
	authority, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(authority.Certificate[0])
	if err != nil {
		return nil, err
	}
	return &certificates{authority: authority, leaf: leaf, folders: folders, made: map[string]*tls.Certificate{}}, nil
}

// mounted lists where something is mounted (proc_pid_mountinfo(5)). A path with a space in it is nobody's folder of certificates.
func mounted() []string {
	file, err := os.Open(mountsFile)
	if err != nil {
		return nil
	}
	defer file.Close()
	var folders []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > 4 {
			folders = append(folders, fields[4])
		}
	}
	return folders
}

func (c *certificates) forHello(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	// Who comes by address, as probes do, names nobody and does not look.
	name := hello.ServerName
	if name == "" {
		name = "localhost"
	}
	// Read at each handshake: what is mounted is renewed under a program that runs.
	for _, folder := range c.folders() {
		for _, pair := range pairs {
			found, err := tls.LoadX509KeyPair(filepath.Join(folder, pair[0]), filepath.Join(folder, pair[1]))
			if err == nil && found.Leaf.VerifyHostname(name) == nil {
				return &found, nil
			}
		}
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	if made, found := c.made[name]; found && time.Now().Before(made.Leaf.NotAfter) {
		return made, nil
	}
	made, err := c.issue(name)
	if err == nil && len(c.made) < most {
		c.made[name] = made
	}
	return made, err
}

func (c *certificates) issue(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	wanted := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"stand-in"}},
		DNSNames:     []string{name},
		// Clocks of a cluster's machines differ a little.
		NotBefore: now.Add(-time.Minute),
		NotAfter:  now.Add(lifetime),
		KeyUsage:  x509.KeyUsageDigitalSignature,
	}
	signer := c.authority.PrivateKey.(crypto.Signer)
	content, err := x509.CreateCertificate(rand.Reader, wanted, c.leaf, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(content)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{content}, PrivateKey: key, Leaf: leaf}, nil
}
