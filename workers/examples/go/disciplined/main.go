// A worker that survives crashes: claim, effect, answer, so that one idempotency key has one effect and one answer.
//
// Your part is processor.go: a function for each operation, which returns an answer (a decline is one, and final) or
// an error and is called again, with a higher attempt. How and why: docs/workers.md.
package main

//go:generate go run github.com/atombender/go-jsonschema@v0.20.0 --package contract --struct-name-from-title --tags json --capitalization ID --output contract/contract.go contract/request.schema.json contract/response.schema.json

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nats-bridge/examples/disciplined/contract"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Handler calls the processor, under the idempotency key. Above attempt 1 an earlier one may have had its effect.
type Handler func(ctx context.Context, request contract.NatsPaymentRequest, key string, attempt int) (contract.NatsPaymentResponse, error)

const concurrency = 16 // requests in hand at once, per operation

// Whose merchants' requests are taken; empty: those of all that no pool has.
var pool = os.Getenv("POOL")

func main() {
	ctx := context.Background()
	closed := make(chan struct{})
	nc, js, err := connect(nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	must(err)
	sealing, err := sealingFromEnvironment()
	must(err)
	signing, err := signingFromEnvironment()
	must(err)
	keys := Keys{sealing, signing}

	var presence []*nats.Subscription
	var takers []jetstream.ConsumeContext
	places := map[string]chan struct{}{}
	for operation := range handlers {
		consumer, err := js.Consumer(ctx, "PAYMENTS", consumerOf(operation))
		must(err)
		lease := consumer.CachedInfo().Config.AckWait
		free := make(chan struct{}, concurrency)
		places[operation] = free
		taker, err := consumer.Consume(func(msg jetstream.Msg) {
			free <- struct{}{}
			go func() {
				defer func() { <-free }()
				if err := handle(ctx, nc, js, keys, msg, lease); err != nil {
					log.Println("not answered:", err) // the record says how far it came
					msg.NakWithDelay(time.Second)
				}
			}()
		}, orders(consumer)...)
		must(err)
		takers = append(takers, taker)
		here, err := nc.Subscribe(presenceOf(operation), func(msg *nats.Msg) { msg.Respond(nil) })
		must(err)
		presence = append(presence, here)
	}
	must(nc.Flush())
	fmt.Println("started")

	stopping, _ := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	<-stopping.Done()
	for _, here := range presence {
		here.Unsubscribe()
	}
	for _, taker := range takers { // takes nothing new
		taker.Drain()
		<-taker.Closed()
	}
	for _, free := range places { // finishes what is in hand
		for range concurrency {
			free <- struct{}{}
		}
	}
	must(nc.Drain())
	<-closed
}

// orders says how messages are asked for: by the priority group, where the consumer has one.
func orders(consumer jetstream.Consumer) []jetstream.PullConsumeOpt {
	options := []jetstream.PullConsumeOpt{jetstream.PullMaxMessages(concurrency)}
	if groups := consumer.CachedInfo().Config.PriorityGroups; len(groups) > 0 {
		options = append(options, jetstream.PullPriorityGroup(groups[0]))
	}
	return options
}

// To NATS_URL. NATS_CREDS and NATS_CA name files. JETSTREAM_DOMAIN says where the streams are, if not in the account of
// this worker: BRIDGE with credentials of `nats-bridge auth`.
func connect(options ...nats.Option) (*nats.Conn, jetstream.JetStream, error) {
	options = append(options, nats.MaxReconnects(-1))
	if credentials := os.Getenv("NATS_CREDS"); credentials != "" {
		options = append(options, nats.UserCredentials(credentials))
	}
	if authority := os.Getenv("NATS_CA"); authority != "" {
		options = append(options, nats.RootCAs(authority))
	}
	nc, err := nats.Connect(cmp.Or(os.Getenv("NATS_URL"), nats.DefaultURL), options...)
	if err != nil {
		return nil, nil, err
	}
	if domain := os.Getenv("JETSTREAM_DOMAIN"); domain != "" {
		js, err := jetstream.NewWithDomain(nc, domain)
		return nc, js, err
	}
	js, err := jetstream.New(nc)
	return nc, js, err
}

func consumerOf(operation string) string {
	if pool != "" {
		operation = pool + "-" + operation
	}
	return "hyperswitch-consumer-" + operation
}

// The subject on which the bridge asks whether the operation has a worker that keeps the records.
func presenceOf(operation string) string {
	if pool != "" {
		operation += "." + pool
	}
	return "hyperswitch.workers.guarded." + operation
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
