// The specification's Go worker. It takes and answers as there; the processor is a stand-in, and unlike the
// specification's it does not execute what is no request, and drains at its end.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/nats-io/nats.go"
)

type RouterData struct {
	AttemptID string `json:"attempt_id"`
}

type NatsPaymentRequest struct {
	RouterData RouterData `json:"router_data"`
}

type NatsPaymentResponse struct {
	Status        string `json:"status"`
	TransactionID string `json:"transaction_id"`
}

// A processor: counts each execution as a line of the file that EXECUTIONS_FILE names.
func processPayment(routerData RouterData) NatsPaymentResponse {
	executions, err := os.OpenFile(os.Getenv("EXECUTIONS_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	defer executions.Close()
	fmt.Fprintln(executions, routerData.AttemptID)
	return NatsPaymentResponse{Status: "success", TransactionID: "txn_go_" + routerData.AttemptID}
}

func handleAuthorize(msg *nats.Msg) {
	var request NatsPaymentRequest
	if json.Unmarshal(msg.Data, &request) != nil || request.RouterData.AttemptID == "" {
		return // left unsettled: after its last delivery the bridge makes a dead letter of it
	}

	response := processPayment(request.RouterData)

	responseData, _ := json.Marshal(response)
	msg.Respond(responseData)
}

func main() {
	url := os.Getenv("NATS_URL")
	if url == "" {
		url = "nats://localhost:4222"
	}
	closed := make(chan struct{})
	nc, err := nats.Connect(url, nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		log.Fatal(err)
	}
	js, _ := nc.JetStream()

	if _, err := js.Subscribe("hyperswitch.payments.*.authorize", handleAuthorize); err != nil {
		log.Fatal(err)
	}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM)
	fmt.Println("ready")
	<-stopped
	nc.Drain() // takes nothing new, and answers what it has taken
	<-closed
}
