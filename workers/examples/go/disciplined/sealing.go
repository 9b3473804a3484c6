package main

// Opens sealed requests and seals the replies: a data key in NATS's curve keys, AES-256-GCM around the body.
// The format, and test vectors: docs/sealing.md.

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

const (
	clearType  = "application/json"
	sealedType = "application/vnd.nats-bridge.sealed+json"
)

// Reply is an answer, or a refusal, as it travels.
type Reply struct {
	contentType string
	body        []byte
	headers     nats.Header // beside its type: the signature, and that it is a refusal
}

// What a reply is: an answer of the operation, or the refusal of this one delivery. It is bound to what is sealed and
// signed: neither can be taken for the other.
const (
	kindReply   = "reply"
	kindRefusal = "refusal"
)

// Sealing has our curve keys, of which the first seals and all open, and the public keys of the bridges. Without
// keys everything travels in clear.
type Sealing struct {
	own     []nkeys.KeyPair
	bridges []string
}

type envelope struct {
	Sealed int         `json:"sealed"`
	Type   string      `json:"type"`
	From   string      `json:"from"`
	To     []recipient `json:"to"`
	Nonce  []byte      `json:"nonce"`
	Data   []byte      `json:"data"`
}

type recipient struct {
	Key string `json:"key"`
	Box []byte `json:"box"`
}

// Takes the seeds as they stand in their files.
func newSealing(seeds [][]byte, bridges []string) (Sealing, error) {
	sealing := Sealing{bridges: bridges}
	for _, seed := range seeds {
		pair, err := nkeys.FromCurveSeed([]byte(strings.TrimSpace(string(seed))))
		if err != nil {
			return sealing, errors.New("not the seed of a curve key: make one with `nats-bridge keys new`")
		}
		sealing.own = append(sealing.own, pair)
	}
	return sealing, nil
}

// SEAL_SEED_FILES: files with our seeds; SEAL_BRIDGES: public keys of the bridges; both separated by commas.
func sealingFromEnvironment() (Sealing, error) {
	seeds, err := seedsIn(os.Getenv("SEAL_SEED_FILES"))
	if err != nil {
		return Sealing{}, err
	}
	return newSealing(seeds, strings.Split(os.Getenv("SEAL_BRIDGES"), ","))
}

// Names of files, separated by commas.
func seedsIn(files string) (seeds [][]byte, err error) {
	if files == "" {
		return nil, nil
	}
	for _, file := range strings.Split(files, ",") {
		seed, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

func (sealing Sealing) open(subject string, headers nats.Header, body []byte) ([]byte, error) {
	if len(sealing.own) == 0 {
		if isSealed(headers) {
			return nil, errors.New("the body is sealed, and this worker has no key: set SEAL_SEED_FILES and SEAL_BRIDGES")
		}
		return body, nil
	}
	if !isSealed(headers) {
		return nil, errors.New("the body is in clear, and this worker takes sealed requests only")
	}
	var sealed envelope
	if err := json.Unmarshal(body, &sealed); err != nil {
		return nil, errors.New("the sealed body does not open: it is no sealed body")
	}
	key, err := sealing.dataKey(sealed)
	if err != nil {
		return nil, fmt.Errorf("the sealed body does not open: %w", err)
	}
	gcm, err := gcmOf(key)
	if err != nil || len(sealed.Nonce) != gcm.NonceSize() {
		return nil, errors.New("the sealed body does not open: it was altered or moved")
	}
	opened, err := gcm.Open(nil, sealed.Nonce, sealed.Data, boundTo(requestContext(subject, headers), sealed.Type))
	if err != nil {
		return nil, errors.New("the sealed body does not open: it was altered or moved")
	}
	return opened, nil
}

func (sealing Sealing) dataKey(sealed envelope) ([]byte, error) {
	isTrusted := false
	for _, bridge := range sealing.bridges {
		isTrusted = isTrusted || bridge == sealed.From
	}
	if !isTrusted {
		return nil, fmt.Errorf("it was sealed by %s, who is not among those trusted", sealed.From)
	}
	for _, pair := range sealing.own {
		public, err := pair.PublicKey()
		if err != nil {
			return nil, err
		}
		for _, to := range sealed.To {
			if to.Key == public {
				return pair.Open(to.Box, sealed.From)
			}
		}
	}
	return nil, errors.New("it is sealed for others")
}

// Seals a reply to the request of these headers for the bridges. Who asked in clear, and is refused for it, could not
// read it: his is in clear.
func (sealing Sealing) seal(headers nats.Header, kind string, body []byte) (Reply, error) {
	if len(sealing.own) == 0 || !isSealed(headers) {
		return Reply{contentType: clearType, body: body}, nil
	}
	key, nonce := make([]byte, 32), make([]byte, 12)
	for _, bytes := range [][]byte{key, nonce} {
		if _, err := rand.Read(bytes); err != nil {
			return Reply{}, err
		}
	}
	current := sealing.own[0]
	public, err := current.PublicKey()
	if err != nil {
		return Reply{}, err
	}
	gcm, err := gcmOf(key)
	if err != nil {
		return Reply{}, err
	}
	bound := boundTo(replyContext(headers, kind), clearType)
	sealed := envelope{Sealed: 1, Type: clearType, From: public, Nonce: nonce, Data: gcm.Seal(nil, nonce, body, bound)}
	for _, bridge := range sealing.bridges {
		box, err := current.Seal(key, bridge)
		if err != nil {
			return Reply{}, err
		}
		sealed.To = append(sealed.To, recipient{bridge, box})
	}
	written, err := json.Marshal(sealed)
	return Reply{contentType: sealedType, body: written}, err
}

func isSealed(headers nats.Header) bool {
	contentType, _, _ := strings.Cut(headers.Get("Content-Type"), ";")
	return strings.TrimSpace(contentType) == sealedType
}

func requestContext(subject string, headers nats.Header) string {
	record := headers.Get("X-Reply-To")
	if !strings.HasPrefix(record, "hyperswitch.operations.") {
		record = ""
	}
	lines := []string{"nats-bridge request 1", subject, record}
	for _, name := range []string{"X-Merchant-Id", "X-Payment-Id", "X-Idempotency-Key", "X-Test-Mode", "X-Correlation-Id", "X-Operation", "X-Deadline", "X-Retry"} {
		lines = append(lines, headers.Get(name))
	}
	return strings.Join(lines, "\n")
}

func replyContext(request nats.Header, kind string) string {
	return strings.Join([]string{"nats-bridge " + kind + " 1", request.Get("X-Merchant-Id"), request.Get("X-Idempotency-Key")}, "\n")
}

func boundTo(context, contentType string) []byte {
	return []byte(context + "\n" + contentType)
}

func gcmOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
