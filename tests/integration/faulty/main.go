// Copyright: (c) 2026, The mlplatform.kubeflow authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// Command faulty goes wrong in the way that its arguments say, after a second.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// A page is four kilobytes on every platform that this is built for, and one byte of it takes all of it.
const page = 4096

func main() {
	what, arguments := os.Args[1], os.Args[2:]
	if what == "registry" {
		log.Fatal(http.ListenAndServe(arguments[0], http.HandlerFunc(refuse)))
	}
	time.Sleep(time.Second)
	switch what {
	case "exit":
		code, err := strconv.Atoi(arguments[0])
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintln(os.Stderr, arguments[1])
		os.Exit(code)
	case "eat":
		for kept := [][]byte{}; ; {
			some := make([]byte, 1<<20)
			for i := 0; i < len(some); i += page {
				some[i] = 1
			}
			kept = append(kept, some)
		}
	case "write":
		if err := os.WriteFile(arguments[0], nil, 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	for {
		time.Sleep(time.Hour)
	}
}

// refuse answers as a registry that has no image at all, wants a login, or has been asked too often, by the name that it is asked for.
func refuse(answer http.ResponseWriter, request *http.Request) {
	status, code, words := http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown"
	switch {
	case request.URL.Path == "/v2/":
		return
	case strings.Contains(request.URL.Path, "denied"):
		status, code, words = http.StatusUnauthorized, "UNAUTHORIZED", "authentication required"
		answer.Header().Set("WWW-Authenticate", `Basic realm="faulty"`)
	case strings.Contains(request.URL.Path, "busy"):
		status, code, words = http.StatusTooManyRequests, "TOOMANYREQUESTS", "You have reached your pull rate limit."
	}
	answer.Header().Set("Content-Type", "application/json")
	answer.WriteHeader(status)
	fmt.Fprintf(answer, `{"errors":[{"code":%q,"message":%q}]}`, code, words)
}
