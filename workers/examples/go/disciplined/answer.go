package main

// An answer as it travels. Its effect has happened: what became of it must not be lost to all else that it says (P1).

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/nats-bridge/examples/disciplined/contract"
)

const headerBytes = 2048 // room for the headers of a reply

// What JSON cannot say, or no message holds, is left out. Protect seals and signs.
func encodeAnswer(operation string, answer contract.NatsPaymentResponse, protect func([]byte) (Reply, error), maxPayload int64) (Reply, error) {
	var why string
	if whole, err := json.Marshal(answer); err != nil {
		why = fmt.Sprintf("%T", err) // its text may name values
	} else {
		reply, err := protect(whole)
		if err != nil || int64(len(reply.body)+headerBytes) <= maxPayload {
			return reply, err
		}
		why = fmt.Sprintf("its %d bytes are more than a message holds", len(reply.body))
	}
	log.Printf("%s: the answer was reduced, %s", operation, why)
	essence, err := json.Marshal(essenceOf(answer))
	if err != nil {
		return Reply{}, err
	}
	return protect(essence)
}

// What became of the payment, and how the processor knows it: never more than the whole would have said.
func essenceOf(whole contract.NatsPaymentResponse) contract.NatsPaymentResponse {
	essence := contract.NatsPaymentResponse{
		Status:         whole.Status,
		AttemptStatus:  whole.AttemptStatus,
		RefundStatus:   whole.RefundStatus,
		TransactionID:  whole.TransactionID,
		AmountCaptured: whole.AmountCaptured,
		CorrelationID:  whole.CorrelationID,
	}
	if whole.Error != nil {
		essence.Error = &contract.NatsPaymentResponseError{Code: whole.Error.Code, Message: whole.Error.Message}
	}
	// What is left out would have been the status: a customer who was to be redirected has not paid.
	isRefined := (whole.Redirection != nil || whole.Response != nil) && whole.AttemptStatus == nil && whole.RefundStatus == nil
	if essence.Status == contract.NatsPaymentResponseStatusSuccess && isRefined {
		essence.Status = contract.NatsPaymentResponseStatusProcessing
	}
	return essence
}
