package main

// The processor behind the worker: a stand-in that counts, and that tests can let fail, be slow or hang.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-bridge/examples/disciplined/contract"
)

var handlers = map[string]Handler{"authorize": authorize, "sync": sync}

// Each execution is a line of the file that EXECUTIONS_FILE names. The end of an attempt id says what goes wrong.
func authorize(ctx context.Context, request contract.NatsPaymentRequest, key string, attempt int) (contract.NatsPaymentResponse, error) {
	id := request.RouterData.AttemptID
	note(id, attempt)
	switch {
	case attempt == 1 && strings.HasSuffix(id, "_hangs"):
		<-ctx.Done()
		note(id, attempt, "given up")
		return contract.NatsPaymentResponse{}, ctx.Err()
	case attempt == 1 && strings.HasSuffix(id, "_fails"):
		return contract.NatsPaymentResponse{}, errors.New("the processor could not be reached")
	case strings.HasSuffix(id, "_slow"):
		time.Sleep(3 * time.Second)
	}
	return approved(request), nil
}

func note(words ...any) {
	executions, err := os.OpenFile(os.Getenv("EXECUTIONS_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(err)
	defer executions.Close()
	fmt.Fprintln(executions, words...)
}

func sync(_ context.Context, request contract.NatsPaymentRequest, _ string, _ int) (contract.NatsPaymentResponse, error) {
	return approved(request), nil
}

func approved(request contract.NatsPaymentRequest) contract.NatsPaymentResponse {
	transaction := "txn_go_" + request.RouterData.AttemptID
	return contract.NatsPaymentResponse{Status: contract.NatsPaymentResponseStatusSuccess, TransactionID: &transaction}
}
