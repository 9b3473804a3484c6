package main

// The processor: a function for each operation. This one keeps payments in memory; call yours instead.

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-bridge/examples/disciplined/contract"
)

var handlers = (&processor{payments: map[string]contract.NatsPaymentResponse{}}).handlers()

type processor struct {
	mutex    sync.Mutex
	payments map[string]contract.NatsPaymentResponse // by idempotency key
}

func (p *processor) handlers() map[string]Handler {
	return map[string]Handler{"authorize": p.authorize, "sync": p.sync}
}

// Takes or reserves the amount. One idempotency key is one payment, however often it is asked for.
func (p *processor) authorize(_ context.Context, request contract.NatsPaymentRequest, key string, _ int) (contract.NatsPaymentResponse, error) {
	asked := request.RouterData.Request
	amount, _ := asked["amount"].(map[string]any)
	minorAmount, isNumber := amount["minor_amount"].(float64)
	if !isNumber {
		return contract.NatsPaymentResponse{}, errors.New("the request has no amount")
	}
	if minorAmount <= 0 {
		return failure("invalid_amount", "The amount must be above 0"), nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if payment, isKnown := p.payments[key]; isKnown {
		return payment, nil
	}
	id, status, captured := "my_"+request.RouterData.AttemptID, "CHARGED", int(minorAmount)
	if asked["capture_method"] == "MANUAL" {
		status, captured = "AUTHORIZED", 0
	}
	p.payments[key] = contract.NatsPaymentResponse{
		Status:         contract.NatsPaymentResponseStatusSuccess,
		TransactionID:  &id,
		AttemptStatus:  &status,
		AmountCaptured: &captured,
	}
	return p.payments[key], nil
}

// Says how a payment stands.
func (p *processor) sync(_ context.Context, request contract.NatsPaymentRequest, _ string, _ int) (contract.NatsPaymentResponse, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, payment := range p.payments {
		if *payment.TransactionID == request.RouterData.Request["connector_transaction_id"] {
			return payment, nil
		}
	}
	return failure("resource_missing", "There is no such payment"), nil
}

// A decline is an answer, and final. Return an error only for what may be tried again.
func failure(code, message string) contract.NatsPaymentResponse {
	return contract.NatsPaymentResponse{
		Status: contract.NatsPaymentResponseStatusFailure,
		Error:  &contract.NatsPaymentResponseError{Code: code, Message: message},
	}
}
