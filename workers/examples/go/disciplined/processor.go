package main

// The processor behind the worker: a stand-in that counts, and that tests can let fail, be slow or hang.

import (
	"context"
	"encoding/json"
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
	return answerTo(request)
}

func note(words ...any) {
	executions, err := os.OpenFile(os.Getenv("EXECUTIONS_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(err)
	defer executions.Close()
	fmt.Fprintln(executions, words...)
}

func sync(_ context.Context, request contract.NatsPaymentRequest, _ string, _ int) (contract.NatsPaymentResponse, error) {
	return answerTo(request)
}

// What the field "answer" of the request says, or that it succeeded; at some attempt ids more than can be sent.
func answerTo(request contract.NatsPaymentRequest) (answer contract.NatsPaymentResponse, err error) {
	id := request.RouterData.AttemptID
	said, isSaid := request.RouterData.Request["answer"]
	if !isSaid {
		said = map[string]string{"status": "success", "transaction_id": "txn_go_" + id}
	}
	text, err := json.Marshal(said)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	switch {
	case strings.HasSuffix(id, "_large"):
		answer.ConnectorResponse = strings.Repeat("x", 900_000) // a message holds it, but not when it is sealed
	case strings.HasSuffix(id, "_huge"):
		answer.ConnectorResponse = strings.Repeat("x", 2_000_000)
	case strings.HasSuffix(id, "_unsayable"):
		answer.ConnectorResponse = func() {}
	}
	return answer, err
}
