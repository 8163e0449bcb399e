// Copyright: (c) 2026, The mlplatform.kubeflow authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const host = "webhook.ns.svc"

// written puts a certificate that vouches for itself into two files, and returns it.
func written(t *testing.T, folder, certificateFile, keyFile string, names ...string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wanted := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour),
	}
	content, err := x509.CreateCertificate(rand.Reader, wanted, wanted, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		certificateFile: {Type: "CERTIFICATE", Bytes: content}, keyFile: {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := x509.ParseCertificate(content)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// started serves with an authority of its own, and returns that, the address, and where something may be mounted.
func started(t *testing.T) (*x509.Certificate, string, string) {
	t.Helper()
	folder, mount := t.TempDir(), t.TempDir()
	authority := written(t, folder, "ca.crt", "ca.key")
	found, err := newCertificates(filepath.Join(folder, "ca.crt"), filepath.Join(folder, "ca.key"), func() []string { return []string{"/proc", mount} })
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go newServer(found).serve(listener)
	return authority, listener.Addr().String(), mount
}

func trusting(authority *x509.Certificate) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: host}, DisableKeepAlives: true}}
}

func text(t *testing.T, response *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return http.StatusText(response.StatusCode) + " " + strings.TrimSpace(string(content))
}

func TestOnePortAnswersWithAndWithoutTLS(t *testing.T) {
	authority, address, _ := started(t)
	// Who connects and says nothing keeps nobody waiting.
	silent, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	response, err := http.Get("http://" + address + "/healthz")
	if found := text(t, response, err); found != "OK ok" {
		t.Errorf("plain: %s", found)
	}
	response, err = trusting(authority).Get("https://" + address + "/readyz")
	if found := text(t, response, err); found != "OK ok" {
		t.Errorf("TLS: %s", found)
	}
}

func TestWhatIsMountedForTheNameIsPresentedBeforeWhatTheAuthoritySigns(t *testing.T) {
	authority, address, mount := started(t)
	written(t, mount, "tls.crt", "tls.key", "another.ns.svc")
	if _, err := trusting(authority).Get("https://" + address); err != nil {
		t.Errorf("a mounted certificate of another name was presented: %v", err)
	}
	// Under a program that runs, as cert-manager renews it.
	own := written(t, mount, "tls.crt", "tls.key", host)
	if _, err := trusting(own).Get("https://" + address); err != nil {
		t.Errorf("the mounted certificate was not presented: %v", err)
	}
	if _, err := trusting(authority).Get("https://" + address); err == nil {
		t.Error("the authority's certificate was presented though one is mounted")
	}
}

func TestReviewsAreAnsweredInTheVersionTheyCameIn(t *testing.T) {
	_, address, _ := started(t)
	for _, version := range []string{"admission.k8s.io/v1", "admission.k8s.io/v1beta1"} {
		asked := `{"apiVersion": "` + version + `", "kind": "AdmissionReview", "request": {"uid": "7", "object": {}}}`
		response, err := http.Post("http://"+address+"/mutate", "application/json", strings.NewReader(asked))
		var answer map[string]any
		if err := json.Unmarshal([]byte(strings.TrimPrefix(text(t, response, err), "OK ")), &answer); err != nil {
			t.Fatal(err)
		}
		said := answer["response"].(map[string]any)
		if answer["apiVersion"] != version || said["uid"] != "7" || said["allowed"] != true {
			t.Errorf("%v", answer)
		}
	}
}

func TestConvertedObjectsHaveTheWantedVersionAndNoNull(t *testing.T) {
	answer, known := review([]byte(`{"apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview", "request": {"uid": "7",
		"desiredAPIVersion": "g/v2", "objects": [{"apiVersion": "g/v1", "kind": "L", "metadata": null, "spec": {"a": 1}}]}}`))
	said, err := json.Marshal(answer["response"])
	if err != nil || !known {
		t.Fatal(err, known)
	}
	wanted := `{"convertedObjects":[{"apiVersion":"g/v2","kind":"L","metadata":{},"spec":{"a":1}}],"result":{"status":"Success"},"uid":"7"}`
	if string(said) != wanted {
		t.Errorf("%s", said)
	}
}

func FuzzWhatIsNoReviewIsNotAnsweredAsOne(f *testing.F) {
	for _, seed := range []string{"", "null", "[]", `{"kind": "AdmissionReview"}`, `{"kind": "ConversionReview", "request": {"objects": [null]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if answer, known := review(body); known {
			if _, err := json.Marshal(answer); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAHealthCheckOfGRPCIsServing(t *testing.T) {
	_, address, _ := started(t)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+address+"/grpc.health.v1.Health/Check", bytes.NewReader(make([]byte, 5)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/grpc")
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || !bytes.Equal(content, serving) || response.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("%v %v %v", content, response.Trailer, err)
	}
}

func TestWhatIstiodIsAskedIsPassedOnWithItsAnswer(t *testing.T) {
	_, address, _ := started(t)
	status := http.StatusOK
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, r.URL.Path+" ")
		_, _ = io.Copy(w, r.Body)
	}))
	defer func(before string) { injector = before }(injector)
	injector = other.URL
	for _, status = range []int{http.StatusOK, http.StatusInternalServerError} {
		response, err := http.Post("http://"+address+"/inject", "application/json", strings.NewReader("{}"))
		if found := text(t, response, err); found != http.StatusText(status)+" /inject {}" {
			t.Errorf("%s", found)
		}
	}
	other.Close()
	response, err := http.Post("http://"+address+"/inject", "application/json", strings.NewReader("{}"))
	if found := text(t, response, err); !strings.HasPrefix(found, "Bad Gateway") {
		t.Errorf("%s", found)
	}
}

func TestIstiosContainersAreToldByTheirArguments(t *testing.T) {
	for line, wanted := range map[string][2]bool{
		"p proxy sidecar --domain x": {true, false}, "p proxy router": {false, false}, "p": {false, false},
		"p istio-iptables -p 15001": {false, true},
	} {
		args := strings.Fields(line)
		if found := [2]bool{isSidecar(args), ends(args)}; found != wanted {
			t.Errorf("%s: %v", line, found)
		}
	}
}

func TestPortsAreNumbersOneInALine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ports")
	for content, good := range map[string]bool{"80\n8443\n": true, "": true, "0\n": false, "65536\n": false, "http\n": false} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := readPorts(file)
		if (err == nil) != good || (good && len(found) != strings.Count(content, "\n")) {
			t.Errorf("%q: %v, %v", content, found, err)
		}
	}
}
