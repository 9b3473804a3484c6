package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/nats-io/nats.go"
)

// Checks the vectors of docs/signing-vectors.json, the file that SIGNING_VECTORS names.
func TestSigningVectors(t *testing.T) {
	file, err := os.ReadFile(os.Getenv("SIGNING_VECTORS"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Seed, Bridge string
		Requests     []struct {
			Name, Subject, Body string
			Headers             map[string]string
			IsGenuine           bool
		}
		Replies []struct {
			Name, ContentType, Body string
			RequestHeaders, Headers map[string]string
			IsRecord, IsRefusal     bool
		}
		Withdrawals []struct {
			Record  string
			Headers map[string]string
		}
	}
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	signing, err := newSigning([][]byte{[]byte(vectors.Seed)}, []string{vectors.Bridge})
	if err != nil {
		t.Fatal(err)
	}
	if len(vectors.Requests) == 0 || len(vectors.Replies) == 0 || len(vectors.Withdrawals) == 0 {
		t.Fatal("no vectors")
	}
	for _, request := range vectors.Requests {
		err := signing.verify(request.Subject, headerOf(request.Headers), []byte(request.Body))
		if (err == nil) != request.IsGenuine {
			t.Errorf("%s: %v", request.Name, err)
		}
	}
	for _, reply := range vectors.Replies {
		request, kind, record := headerOf(reply.RequestHeaders), kindReply, ""
		if reply.IsRecord {
			record = request.Get("X-Reply-To")
		}
		if reply.IsRefusal {
			kind = kindRefusal
		}
		signed, err := signing.reply(request, kind, record, reply.ContentType, []byte(reply.Body))
		expectHeaders(t, reply.Name, signed, err, reply.Headers)
	}
	for _, withdrawal := range vectors.Withdrawals {
		signed, err := signing.withdrawal(withdrawal.Record)
		expectHeaders(t, withdrawal.Record, signed, err, withdrawal.Headers)
	}
}

func expectHeaders(t *testing.T, name string, signed nats.Header, err error, expected map[string]string) {
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for header, value := range expected {
		if signed.Get(header) != value {
			t.Errorf("%s: %s is %s", name, header, signed.Get(header))
		}
	}
}

func headerOf(values map[string]string) nats.Header {
	headers := nats.Header{}
	for name, value := range values {
		headers.Set(name, value)
	}
	return headers
}
