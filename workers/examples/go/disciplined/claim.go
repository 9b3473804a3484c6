package main

// The claim of one run: the right to call the processor, until its lease is over or another takes over.

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"maps"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Claim is written by one goroutine at a time. A write that is not confirmed may stand in the record all the same: the
// record says so, and is read.
type Claim struct {
	js          jetstream.JetStream
	subject     string
	about       nats.Header // what its records say of the request
	lease       time.Duration
	seq         uint64 // of the record that it follows, then of its own
	leasedUntil time.Time
}

// Names a run among all: one worker may have two deliveries of a request in hand.
func newRun() string {
	id := make([]byte, 16)
	rand.Read(id)
	return hex.EncodeToString(id)
}

func (claim *Claim) isOver() bool {
	return !time.Now().Before(claim.leasedUntil)
}

// Fails with ErrRecordChanged where another was quicker, with anything else where it is not known to stand.
func (claim *Claim) begin(ctx context.Context) error {
	until := time.Now().Add(claim.lease)
	err := claim.write(ctx, until)
	if err != nil && !errors.Is(err, ErrRecordChanged) {
		record, unread := readRecord(ctx, claim.js, claim.subject)
		if unread == nil && claim.isIn(record) {
			claim.seq, err = record.Seq, nil
		}
	}
	if err == nil {
		claim.leasedUntil = until
	}
	return err
}

// Fails with ErrRecordChanged when it is lost. What is not confirmed leaves time for another try, a third of the lease
// later.
func (claim *Claim) renew(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, claim.lease/6)
	defer cancel()
	until := time.Now().Add(claim.lease)
	err := claim.writeAgain(within, until)
	if err == nil {
		claim.leasedUntil = until
	}
	return err
}

// Anybody may try again.
func (claim *Claim) release(ctx context.Context, reason string) error {
	claim.about.Set("X-Reason", reason)
	return claim.writeAgain(ctx, time.Now())
}

func (claim *Claim) writeAgain(ctx context.Context, until time.Time) error {
	err := claim.write(ctx, until)
	if !errors.Is(err, ErrRecordChanged) {
		return err
	}
	record, unread := readRecord(ctx, claim.js, claim.subject)
	if unread != nil {
		return unread
	}
	if !claim.isIn(record) {
		return err
	}
	claim.seq = record.Seq // of an earlier renewal, whose confirmation was lost
	return claim.write(ctx, until)
}

func (claim *Claim) write(ctx context.Context, until time.Time) error {
	headers := maps.Clone(claim.about)
	headers.Set("X-Lease-Until", millis(until))
	seq, err := writeRecord(ctx, claim.js, claim.subject, "claimed", nil, headers, claim.seq)
	if err == nil {
		claim.seq = seq
	}
	return err
}

// Of this run alone.
func (claim *Claim) isIn(record Record) bool {
	return record.State == "claimed" && record.Headers.Get("X-Run") == claim.about.Get("X-Run")
}
