// Copyright: (c) 2026, The mlplatform.kubeflow authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	// handshakeRecord is the first byte of TLS: the type of a record that holds a handshake (RFC 8446, section 5.1).
	handshakeRecord = 0x16
	firstByte       = 30 * time.Second
	// largestReview is more than the API server accepts of an object (3 MiB), twice, as reviews hold the old one too.
	largestReview = 8 << 20
)

// serving is the answer to a health check as a gRPC message: no compression, two bytes, field status is SERVING
// (grpc/health/v1/health.proto).
var serving = []byte{0, 0, 0, 0, 2, 0x08, 0x01}

// What istiod is asked about pods is answered by the stand-ins for controllers.
const injection = "/inject"

var injector = "http://standins.standins.svc:8080"

type server struct {
	http http.Server
	tls  *tls.Config
}

func newServer(certificates *certificates) *server {
	s := &server{tls: &tls.Config{GetCertificate: certificates.forHello, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}}
	s.http.Handler = http.HandlerFunc(answer)
	s.http.ReadHeaderTimeout = firstByte
	s.http.ErrorLog = log.Default()
	s.http.Protocols = new(http.Protocols)
	s.http.Protocols.SetHTTP1(true)
	// Probes of kind grpc speak HTTP/2 without TLS.
	s.http.Protocols.SetUnencryptedHTTP2(true)
	return s
}

// serve answers HTTP and HTTPS at the same port, until the listener is closed.
func (s *server) serve(listener net.Listener) {
	told := &toldApart{Listener: listener, tls: s.tls, connections: make(chan net.Conn), closed: make(chan struct{})}
	go told.accept()
	if err := s.http.Serve(told); err != nil {
		log.Print(err)
	}
}

// toldApart gives connections on which somebody has begun to speak: with TLS around them if that was a handshake.
type toldApart struct {
	net.Listener
	tls         *tls.Config
	connections chan net.Conn
	closed      chan struct{}
	err         error
}

func (t *toldApart) accept() {
	for {
		connection, err := t.Listener.Accept()
		if err != nil {
			t.err = err
			close(t.closed)
			return
		}
		// Who says nothing, as probes of kind tcpSocket do, keeps nobody else waiting.
		go t.tell(connection)
	}
}

func (t *toldApart) tell(connection net.Conn) {
	_ = connection.SetReadDeadline(time.Now().Add(firstByte))
	peeked := &peekedConn{Conn: connection, reader: bufio.NewReader(connection)}
	first, err := peeked.reader.Peek(1)
	if err != nil {
		connection.Close()
		return
	}
	_ = connection.SetReadDeadline(time.Time{})
	var told net.Conn = peeked
	if first[0] == handshakeRecord {
		told = tls.Server(peeked, t.tls)
	}
	select {
	case t.connections <- told:
	case <-t.closed:
		connection.Close()
	}
}

func (t *toldApart) Accept() (net.Conn, error) {
	select {
	case connection := <-t.connections:
		return connection, nil
	case <-t.closed:
		return nil, t.err
	}
}

type peekedConn struct {
	net.Conn
	reader *bufio.Reader
}

func (p *peekedConn) Read(into []byte) (int, error) { return p.reader.Read(into) }

// answer is that of any program that is well: to reviews, to gRPC's health check, to everything else.
func answer(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = w.Write(serving)
		w.Header().Set("Grpc-Status", "0")
		return
	}
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestReview))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if strings.HasPrefix(r.URL.Path, injection) {
			passOn(w, r, body)
			return
		}
		if reviewed, known := review(body); known {
			log.Printf("%s %s", reviewed["kind"], r.URL.Path)
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(reviewed)
			return
		}
	}
	_, _ = io.WriteString(w, "ok\n")
}

func passOn(w http.ResponseWriter, r *http.Request, body []byte) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, injector+r.URL.Path, bytes.NewReader(body))
	if err == nil {
		var response *http.Response
		if response, err = http.DefaultClient.Do(request); err == nil {
			defer response.Body.Close()
			w.Header().Set("Content-Type", response.Header.Get("Content-Type"))
			w.WriteHeader(response.StatusCode)
			_, _ = io.Copy(w, response.Body)
			return
		}
	}
	http.Error(w, err.Error(), http.StatusBadGateway)
}
