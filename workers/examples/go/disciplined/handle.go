package main

// One delivery of a request: read it, run it, and acknowledge by how that ended.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/nats-bridge/examples/disciplined/contract"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Delivery is a request in hand.
type Delivery struct {
	msg      jetstream.Msg
	meta     *jetstream.MsgMetadata
	request  contract.NatsPaymentRequest
	replyTo  string
	deadline time.Time
	lease    time.Duration // how long a claim holds: the consumer's ack wait
	keys     Keys
}

// Keys protect what travels: bodies that only bridges can read, and signatures on everything.
type Keys struct {
	sealing Sealing
	signing Signing
}

// W3C trace context: the trace that a request belongs to. Bridge and worker write the same id.
var traceparent = regexp.MustCompile(`^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$`)

func handle(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, keys Keys, msg jetstream.Msg, lease time.Duration) error {
	headers := msg.Headers()
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	body, err := bodyOf(ctx, js, msg)
	if err != nil {
		return err
	}
	if err := keys.signing.verify(msg.Subject(), headers, body); err != nil {
		// What a stranger is told is not signed: it must be of no use as an answer to anybody else's request.
		return refuse(nc, Keys{sealing: keys.sealing}, msg, "VALIDATION_ERROR", err.Error())
	}
	var request contract.NatsPaymentRequest
	if body, err = keys.sealing.open(msg.Subject(), headers, body); err == nil {
		request, err = parse(msg, body)
	}
	if err != nil {
		return refuse(nc, keys, msg, "VALIDATION_ERROR", err.Error())
	}
	if traced := traceparent.FindStringSubmatch(headers.Get("traceparent")); traced != nil {
		log.Printf("%s in trace %s", request.Operation, traced[1])
	}
	d := Delivery{msg, meta, request, headers.Get("X-Reply-To"), time.UnixMilli(numberIn(headers, "X-Deadline", 1<<53)), lease, keys}
	record := ""
	if strings.HasPrefix(d.replyTo, "hyperswitch.operations.") {
		record = d.replyTo
	}
	run := func(ctx context.Context, attempt int) (Reply, error) {
		key := unescaped(headers.Get("X-Idempotency-Key"))
		answer, err := handlers[request.Operation](ctx, request, key, attempt)
		if err != nil {
			return Reply{}, err
		}
		answer.CorrelationID = &request.CorrelationID
		protect := func(said []byte) (Reply, error) { return keys.protect(headers, kindReply, record, said) }
		return encodeAnswer(request.Operation, answer, protect, nc.MaxPayload())
	}
	if record != "" {
		if err = runGuarded(ctx, js, d, run); errors.Is(err, ErrKeyConflict) {
			return refuse(nc, keys, msg, "CONFLICT", err.Error())
		}
		return err
	}
	if time.Now().Before(d.deadline) { // a question: to repeat it does no harm, and nothing is recorded
		within, cancel := context.WithDeadline(ctx, d.deadline)
		defer cancel()
		answer, err := run(within, int(meta.NumDelivered))
		if err != nil {
			return err
		}
		if err := publish(nc, d.replyTo, headers, answer); err != nil {
			return err
		}
	}
	return msg.Ack()
}

// Bodies above the server's largest message lie in an object store.
func bodyOf(ctx context.Context, js jetstream.JetStream, msg jetstream.Msg) ([]byte, error) {
	bucket, name, isReference := strings.Cut(msg.Headers().Get("X-Body-Ref"), "/")
	if !isReference {
		return msg.Data(), nil
	}
	store, err := js.ObjectStore(ctx, bucket)
	if err != nil {
		return nil, err
	}
	return store.GetBytes(ctx, name)
}

// Fails for what is no request, or is about something else than its subject. Names fields, never their values.
func parse(msg jetstream.Msg, body []byte) (request contract.NatsPaymentRequest, err error) {
	if err := json.Unmarshal(body, &request); err != nil {
		return request, fmt.Errorf("not a valid request: %w", err)
	}
	// hyperswitch.payments.{merchant_id}.{operation}, and of a pool its name.
	tokens := strings.Split(msg.Subject(), ".")
	if len(tokens) < 4 || unescaped(tokens[2]) != request.MerchantID || tokens[3] != request.Operation {
		return request, errors.New("the body names another merchant or operation than its subject")
	}
	return request, nil
}

// Says at once that nothing was done, and that it shall not come again; the bridge makes a dead letter of it. Only
// X-Refusal tells it from what a processor may say in the same words.
func refuse(nc *nats.Conn, keys Keys, msg jetstream.Msg, code, why string) error {
	status := contract.NatsPaymentResponseStatusFailure
	correlationID := unescaped(msg.Headers().Get("X-Correlation-Id"))
	reply, err := json.Marshal(map[string]any{"status": status, "correlation_id": correlationID,
		"error": map[string]string{"code": code, "message": why}})
	if err != nil {
		return err
	}
	protected, err := keys.protect(msg.Headers(), kindRefusal, "", reply)
	if err != nil {
		return err
	}
	protected.headers.Set("X-Refusal", "1")
	if err := publish(nc, msg.Reply(), msg.Headers(), protected); err != nil {
		return err
	}
	return msg.TermWithReason(strings.ToLower(code))
}

// Seals and signs a reply to the request of these headers; record is the subject of its record, where it goes there.
func (keys Keys) protect(request nats.Header, kind, record string, said []byte) (reply Reply, err error) {
	if reply, err = keys.sealing.seal(request, kind, said); err == nil {
		reply.headers, err = keys.signing.reply(request, kind, record, reply.contentType, reply.body)
	}
	return reply, err
}

// A sealed body does not say whose answer it is: its header does.
func publish(nc *nats.Conn, subject string, request nats.Header, reply Reply) error {
	message := nats.NewMsg(subject)
	message.Header.Set("Content-Type", reply.contentType)
	message.Header.Set("X-Correlation-Id", request.Get("X-Correlation-Id"))
	if traced := request.Get("traceparent"); traced != "" {
		message.Header.Set("traceparent", traced)
	}
	maps.Copy(message.Header, reply.headers)
	message.Data = reply.body
	return nc.PublishMsg(message)
}

func unescaped(value string) string {
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}
