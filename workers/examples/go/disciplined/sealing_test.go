package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/nats-io/nats.go"
)

// Opens the vectors of docs/sealing-vectors.json, the file that VECTORS names.
func TestVectors(t *testing.T) {
	file, err := os.ReadFile(os.Getenv("VECTORS"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Seed, Sender string
		Requests     []struct {
			Name, Subject, Body string
			Headers             map[string]string
			Opens               *string
		}
	}
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	sealing, err := newSealing([][]byte{[]byte(vectors.Seed)}, []string{vectors.Sender})
	if err != nil {
		t.Fatal(err)
	}
	if len(vectors.Requests) == 0 {
		t.Fatal("no vectors")
	}
	for _, request := range vectors.Requests {
		headers := nats.Header{}
		for name, value := range request.Headers {
			headers.Set(name, value)
		}
		opened, err := sealing.open(request.Subject, headers, []byte(request.Body))
		switch {
		case request.Opens == nil && err == nil:
			t.Errorf("%s: opened", request.Name)
		case request.Opens != nil && (err != nil || string(opened) != *request.Opens):
			t.Errorf("%s: %v", request.Name, err)
		}
	}
}
