package main

// Looks who signed a request, and signs the replies: NATS's user keys (Ed25519). The format, and test vectors:
// docs/signing.md.

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

const signatureVersion = "nats-bridge signature 1"

// ErrNotSigned says that nobody who is trusted has signed the request as it is.
var ErrNotSigned = errors.New("the request is not taken: it is not signed by who may, or was altered or moved")

// Signing has our user key, and the public keys of the bridges. Without a key, whoever can publish is believed.
type Signing struct {
	own     nkeys.KeyPair
	public  string
	bridges []string
}

// Takes the seeds as they stand in their files; the first signs.
func newSigning(seeds [][]byte, bridges []string) (Signing, error) {
	if len(seeds) == 0 {
		return Signing{}, nil
	}
	pair, err := nkeys.FromSeed([]byte(strings.TrimSpace(string(seeds[0]))))
	if err != nil {
		return Signing{}, errors.New("not the seed of a user key: make one with `nats-bridge keys new --signing`")
	}
	public, err := pair.PublicKey()
	return Signing{pair, public, bridges}, err
}

// SIGN_SEED_FILES: files with our seeds; SIGN_BRIDGES: public keys of the bridges; both separated by commas.
func signingFromEnvironment() (Signing, error) {
	seeds, err := seedsIn(os.Getenv("SIGN_SEED_FILES"))
	if err != nil {
		return Signing{}, err
	}
	return newSigning(seeds, strings.Split(os.Getenv("SIGN_BRIDGES"), ","))
}

// Fails for what is unsigned, signed by a stranger, altered or moved. The body is as it travelled.
func (signing Signing) verify(subject string, headers nats.Header, body []byte) error {
	if signing.own == nil {
		return nil
	}
	key := headers.Get("X-Signature-Key")
	signature, err := base64.RawURLEncoding.DecodeString(headers.Get("X-Signature"))
	if err != nil || !slices.Contains(signing.bridges, key) {
		return ErrNotSigned
	}
	bridge, err := nkeys.FromPublicKey(key)
	if err != nil || bridge.Verify(signedText(requestContext(subject, headers), headers.Get("Content-Type"), body), signature) != nil {
		return ErrNotSigned
	}
	return nil
}

// The headers that sign a reply to the request of these headers; record is the subject of its record, or empty where
// the reply goes to who waits.
func (signing Signing) reply(request nats.Header, kind, record, contentType string, body []byte) (nats.Header, error) {
	correlationID := ""
	if record == "" {
		correlationID = request.Get("X-Correlation-Id")
	}
	context := strings.Join([]string{replyContext(request, kind), record, correlationID}, "\n")
	return signing.sign(signedText(context, contentType, body))
}

// The headers of a record that says that nobody began, and that nobody may any more.
func (signing Signing) withdrawal(record string) (nats.Header, error) {
	return signing.sign([]byte(strings.Join([]string{signatureVersion, "nats-bridge withdrawal 1", record}, "\n")))
}

func (signing Signing) sign(text []byte) (nats.Header, error) {
	headers := nats.Header{}
	if signing.own == nil {
		return headers, nil
	}
	signature, err := signing.own.Sign(text)
	if err != nil {
		return nil, err
	}
	headers.Set("X-Signature", base64.RawURLEncoding.EncodeToString(signature))
	headers.Set("X-Signature-Key", signing.public)
	return headers, nil
}

func signedText(context, contentType string, body []byte) []byte {
	digest := sha256.Sum256(body)
	return []byte(strings.Join([]string{signatureVersion, context, contentType, hex.EncodeToString(digest[:])}, "\n"))
}
