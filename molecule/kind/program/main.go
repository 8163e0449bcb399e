// Copyright: (c) 2026, The mlplatform.kubeflow authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// Command standin is in all images of Kubeflow where they cannot be pulled: it answers probes and webhooks, and stays up.
//
// As the first process of a container it is the program of that image; as any other it is what a probe or a hook executes,
// and succeeds at once.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// folder is where the image has the ports and the authority.
const folder = "/standin"

func main() {
	if os.Getpid() != 1 || ends(os.Args) {
		return
	}
	// The first process of a container ends by a signal only if it asks for it.
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGTERM, syscall.SIGINT)
	if err := run(); err != nil {
		log.Fatal(err)
	}
	<-over
}

func run() error {
	ports, err := readPorts(filepath.Join(folder, "ports"))
	if err != nil {
		return err
	}
	if isSidecar(os.Args) {
		ports = slices.DeleteFunc(ports, func(port int) bool { return port < firstOfIstio || port > lastOfIstio })
	}
	certificates, err := newCertificates(filepath.Join(folder, "ca.crt"), filepath.Join(folder, "ca.key"), mounted)
	if err != nil {
		return err
	}
	server := newServer(certificates)
	var served, taken []string
	for _, port := range ports {
		// Containers of a pod share its ports: whoever comes first answers for all.
		listener, err := net.Listen("tcp", ":"+strconv.Itoa(port))
		if err != nil {
			taken = append(taken, strconv.Itoa(port))
			continue
		}
		served = append(served, strconv.Itoa(port))
		go server.serve(listener)
	}
	log.Printf("serves %s; not to be had: %s", strings.Join(served, " "), strings.Join(taken, " "))
	return nil
}

// Istio's own ports (https://istio.io/latest/docs/ops/deployment/application-requirements/). A sidecar starts before what it is beside of,
// which has a port of its own to answer at.
const firstOfIstio, lastOfIstio = 15000, 15099

func isSidecar(args []string) bool {
	return len(args) > 2 && args[1] == "proxy" && args[2] == "sidecar"
}

// ends tells whether the program in this image's place would end by itself: Istio's init containers do.
func ends(args []string) bool { return slices.Contains(args, "istio-iptables") }

// readPorts reads one port from each line.
func readPorts(path string) ([]int, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var ports []int
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		port, err := strconv.ParseUint(strings.TrimSpace(lines.Text()), 10, 16)
		if err != nil || port == 0 {
			return nil, fmt.Errorf("%s: %q is no port", path, lines.Text())
		}
		ports = append(ports, int(port))
	}
	return ports, lines.Err()
}
