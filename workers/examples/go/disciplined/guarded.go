package main

// Runs a handler under the record of its idempotency key: claim, effect, answer. The rules: docs/workers.md.

import (
	"context"
	"errors"
	"log"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// What was begun before may take this long to find out, whatever its deadline.
const recoveryTime = 30 * time.Second

var worker = nuid.Next() // names this process in the records

// ErrKeyConflict says that the key was used for a request that asked for something else.
var ErrKeyConflict = errors.New("its idempotency key was used for another request")

// Does what the record allows, and acknowledges; run gives the reply, or fails.
func runGuarded(ctx context.Context, js jetstream.JetStream, d Delivery, run func(context.Context, int) (Reply, error)) error {
	record, err := Record{Headers: nats.Header{}}, error(nil)
	if d.meta.NumDelivered > 1 {
		record, err = readRecord(ctx, js, d.replyTo)
	}
	for range 5 {
		if err != nil {
			return err
		}
		if err = followRecord(ctx, js, d, record, run); !errors.Is(err, ErrRecordChanged) {
			return err
		}
		record, err = readRecord(ctx, js, d.replyTo)
	}
	return d.msg.NakWithDelay(time.Second) // let the others finish
}

func followRecord(ctx context.Context, js jetstream.JetStream, d Delivery, record Record, run func(context.Context, int) (Reply, error)) error {
	about := nats.Header{}
	for _, name := range []string{"X-Operation", "X-Payment-Id", "X-Correlation-Id", "X-Retry", "traceparent"} {
		if value := d.msg.Headers().Get(name); value != "" {
			about.Set(name, value)
		}
	}
	about.Set("X-Fingerprint", fingerprintOf(d.request.RouterData.Request))
	about.Set("X-Worker", worker)
	about.Set("X-Requested-At", millis(d.meta.Timestamp))
	about.Set("X-Request-Seq", strconv.FormatUint(d.meta.Sequence.Stream, 10))

	// A person looked at it, and may have mended it.
	isRetried := record.State == "withdrawn" && numberIn(d.msg.Headers(), "X-Retry", 0) > record.number("X-Retry", 0)
	if seen := record.Headers.Get("X-Fingerprint"); !isRetried && seen != "" && seen != about.Get("X-Fingerprint") {
		return ErrKeyConflict
	}
	// What was announced and delivered before, for this request or an earlier one of the key, or heard as it passed, a
	// worker without records may have carried out.
	isRepeat := d.meta.NumDelivered > 1 || record.Headers.Get("X-Correlation-Id") != about.Get("X-Correlation-Id")
	isHeard := record.Headers.Get("X-Heard") != ""
	mayHaveBegun := record.State == "claimed" || (record.State == "sent" && (isRepeat || isHeard))
	leaseLeft := time.Until(time.UnixMilli(record.number("X-Lease-Until", 0)))
	isOver := !time.Now().Before(d.deadline)
	switch {
	case record.State == "answered": // the same again, to who asks now
		maps.DeleteFunc(record.Headers, func(name string, _ []string) bool { return strings.HasPrefix(name, "Nats-") })
		record.Headers.Set("X-Correlation-Id", about.Get("X-Correlation-Id"))
		if _, err := writeRecord(ctx, js, d.replyTo, "answered", record.Body, record.Headers, record.Seq); err != nil {
			return err
		}
		return d.msg.Ack()
	case record.State == "withdrawn" && !isRetried:
		return d.msg.Ack() // its caller was told that it failed
	case record.State == "claimed" && leaseLeft > 0:
		return d.msg.NakWithDelay(leaseLeft) // somebody has it in hand
	case !mayHaveBegun && isOver: // nobody began, and now nobody may
		about.Set("X-Reason", "expired")
		signature, err := d.keys.signing.withdrawal(d.replyTo)
		if err != nil {
			return err
		}
		maps.Copy(about, signature)
		if _, err := writeRecord(ctx, js, d.replyTo, "withdrawn", []byte("{}"), about, record.Seq); err != nil {
			return err
		}
		return d.msg.Ack()
	}

	// What may have had its effect: expired or not, only a handler that looks can tell.
	attempt, until := 1, d.deadline
	if mayHaveBegun {
		attempt, until = int(record.number("X-Attempt", 1))+1, time.Now().Add(recoveryTime)
	}
	about.Set("X-Attempt", strconv.Itoa(attempt))
	about.Set("X-Run", newRun())
	about.Set("X-Claimed-At", millis(time.Now()))
	if first := record.Headers.Get("X-Claimed-At"); first != "" {
		about.Set("X-Claimed-At", first)
	}
	effect, lose := context.WithDeadline(ctx, until)
	defer lose()
	claim := &Claim{js: js, subject: d.replyTo, about: about, lease: d.lease, seq: record.Seq}
	return execute(effect, lose, d, claim, func(ctx context.Context) (Reply, error) { return run(ctx, attempt) })
}

// Claim, effect, answer. The effect's context ends when the claim is lost: then it must not go on.
func execute(effect context.Context, lose func(), d Delivery, claim *Claim, run func(context.Context) (Reply, error)) error {
	ctx := context.WithoutCancel(effect)
	if err := claim.begin(ctx); err != nil {
		return err
	}
	if claim.isOver() { // this process stood still, or the way was slow: another may have taken over
		return d.msg.NakWithDelay(time.Second)
	}

	finished, held := make(chan struct{}), make(chan struct{})
	go func() { // keeps the request and the claim
		defer close(held)
		beat := time.NewTicker(d.lease / 3)
		defer beat.Stop()
		for {
			select {
			case <-finished:
				return
			case <-beat.C:
			}
			if claim.isOver() {
				lose()
				return
			}
			d.msg.InProgress()
			if errors.Is(claim.renew(ctx), ErrRecordChanged) {
				lose()
				return
			} // any other error: the lease holds for a while, and the next beat tries again
		}
	}()
	reply, err := run(effect)
	close(finished)
	<-held
	if err != nil {
		attempt := numberIn(claim.about, "X-Attempt", 1)
		log.Printf("%s failed, attempt %d: %v", d.request.Operation, attempt, err)
		if err := claim.release(ctx, "handler failed"); err != nil {
			return err
		}
		return d.msg.NakWithDelay(min(30*time.Second, time.Second<<min(5, attempt-1)))
	}
	about := claim.about
	about.Set("Content-Type", reply.contentType)
	maps.Copy(about, reply.headers)
	if err := recordAnswer(ctx, claim.js, d.replyTo, reply.body, about, claim.seq); err != nil {
		return err
	}
	return d.msg.Ack() // only now that the answer is stored
}

func millis(at time.Time) string {
	return strconv.FormatInt(at.UnixMilli(), 10)
}
