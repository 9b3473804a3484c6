package main

// The record of one idempotency key: one subject of the stream OPERATIONS, whose last message says how far it came.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Record is the last message of the subject; its state is empty where there is none.
type Record struct {
	State   string
	Headers nats.Header
	Body    []byte
	Seq     uint64
}

// ErrRecordChanged says that somebody else wrote the record since it was read.
var ErrRecordChanged = errors.New("the record was changed by another")

// Another wrote first: it is there to be read, or, where servers replicate, on its way to the others.
var wrongLastSequence = []jetstream.ErrorCode{10071, 10164}

// At the leader; with a worker's credentials, which open single records, at the nearest replica.
func readRecord(ctx context.Context, js jetstream.JetStream, subject string) (Record, error) {
	domain, options := js.Options().Domain, []nats.JSOpt{nats.Context(ctx)}
	if domain != "" {
		options = append(options, nats.DirectGet())
	}
	// Of the two clients for JetStream, this one reads a message without asking about its stream first.
	streams, err := js.Conn().JetStream(nats.Domain(domain))
	if err != nil {
		return Record{}, err
	}
	message, err := streams.GetLastMsg("OPERATIONS", subject, options...)
	if errors.Is(err, nats.ErrMsgNotFound) {
		return Record{Headers: nats.Header{}}, nil
	}
	if err != nil {
		return Record{}, err
	}
	record := Record{State: message.Header.Get("X-Record"), Headers: message.Header, Body: message.Data, Seq: message.Sequence}
	if record.State == "" {
		record.State = "answered" // of a worker that keeps no records
	}
	if record.Headers == nil {
		record.Headers = nats.Header{}
	}
	return record, nil
}

// Writes only if the record is still the one that was seen: of two workers, one gets the claim.
func writeRecord(ctx context.Context, js jetstream.JetStream, subject, state string, body []byte, headers nats.Header, expectedSeq uint64) (uint64, error) {
	message := &nats.Msg{Subject: subject, Data: body, Header: nats.Header{}}
	for name, values := range headers {
		message.Header[name] = values
	}
	message.Header.Set("X-Record", state)
	ack, err := js.PublishMsg(ctx, message, jetstream.WithExpectLastSequencePerSubject(expectedSeq))
	var refused *jetstream.APIError
	if errors.As(err, &refused) && slices.Contains(wrongLastSequence, refused.ErrorCode) {
		return 0, ErrRecordChanged
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// The effect has happened: its answer is written, whatever stands there but another answer.
func recordAnswer(ctx context.Context, js jetstream.JetStream, subject string, body []byte, about nats.Header, seq uint64) error {
	var err error
	for range 30 {
		if _, err = writeRecord(ctx, js, subject, "answered", body, about, seq); err == nil {
			return nil
		}
		if !errors.Is(err, ErrRecordChanged) {
			time.Sleep(time.Second)
			continue
		}
		record, unread := readRecord(ctx, js, subject)
		if unread != nil {
			continue
		}
		if record.State == "answered" {
			return nil
		}
		if record.Seq == seq { // another write is under way, and not there yet
			time.Sleep(time.Second)
		}
		seq = record.Seq
	}
	return err
}

func (record Record) number(name string, otherwise int64) int64 {
	return numberIn(record.Headers, name, otherwise)
}

func numberIn(headers nats.Header, name string, otherwise int64) int64 {
	if number, err := strconv.ParseInt(headers.Get(name), 10, 64); err == nil {
		return number
	}
	return otherwise
}

// What a repeat may say differently without asking for anything else.
var incidental = []string{"payment_method", "browser_info", "metadata", "connector_feature_data", "state",
	"connector_transaction_id", "connector_refund_id", "connector_payout_id"}

// Tells a repeat from another request under the same key; asked is router_data.request.
func fingerprintOf(asked map[string]any) string {
	names := make([]string, 0, len(asked))
	for name := range asked {
		if !slices.Contains(incidental, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintf(&text, "%s=%s;", name, plainJSON(asked[name]))
	}
	digest := sha256.Sum256([]byte(text.String()))
	return base64.RawURLEncoding.EncodeToString(digest[:])[:16]
}

// JSON as JavaScript and Python write it: sorted fields, nothing escaped that need not be.
func plainJSON(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return ""
	}
	return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(strings.TrimSuffix(text.String(), "\n"))
}
