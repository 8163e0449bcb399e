// Copyright: (c) 2026, The mlplatform.kubeflow authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

package main

import "encoding/json"

type object = map[string]any

// review answers what API servers ask: everything is allowed as it is, and an object of another version differs by its
// apiVersion alone. The second result is false for what is no review.
func review(body []byte) (object, bool) {
	var asked struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Request    *struct {
			UID               string   `json:"uid"`
			DesiredAPIVersion string   `json:"desiredAPIVersion"`
			Objects           []object `json:"objects"`
		} `json:"request"`
	}
	if json.Unmarshal(body, &asked) != nil || asked.Request == nil {
		return nil, false
	}
	response := object{"uid": asked.Request.UID}
	switch asked.Kind {
	case "AdmissionReview":
		response["allowed"] = true
	case "ConversionReview":
		for _, one := range asked.Request.Objects {
			if one == nil {
				return nil, false
			}
			one["apiVersion"] = asked.Request.DesiredAPIVersion
			// A LIST asks with its own empty metadata as null up to Kubernetes 1.21, and takes no null as an answer.
			if one["metadata"] == nil {
				one["metadata"] = object{}
			}
		}
		response["convertedObjects"] = asked.Request.Objects
		response["result"] = object{"status": "Success"}
	default:
		return nil, false
	}
	return object{"apiVersion": asked.APIVersion, "kind": asked.Kind, "response": response}, true
}
