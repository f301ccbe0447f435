package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"sync"
	"time"
)

const (
	// MaxWebhook is the largest body that is read: 1 MiB. GitHub sends up to 25 MB, but a
	// push of a few hundred commits is below this.
	MaxWebhook = 1 << 20
	// WebhookAge is how old an event may be, by the time that is in its signed body.
	WebhookAge = time.Hour
	// rememberedWebhooks is how many are known to have been there, about 2 MB.
	rememberedWebhooks = 10_000
	// MinWebhookSecret is in bytes.
	MinWebhookSecret = 16
)

// Why a webhook is refused; [WebhookStatus] makes a status of it. ErrTooLarge is another.
var (
	ErrSignature = errors.New("webhook has no valid signature")
	ErrReplayed  = errors.New("webhook was here before")
	ErrStale     = errors.New("webhook is too old")
	ErrMalformed = errors.New("webhook is malformed")
)

// WebhookStatus is the HTTP status for an error of Receive.
func WebhookStatus(err error) int {
	switch {
	case err == nil:
		return http.StatusAccepted
	case errors.Is(err, ErrSignature):
		return http.StatusUnauthorized
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrReplayed), errors.Is(err, ErrStale):
		return http.StatusConflict
	case errors.Is(err, ErrMalformed):
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}

// VerifyWebhook checks GitHub's signature of a body, in constant time. Only SHA-256 counts.
// Without a secret nothing is valid.
func VerifyWebhook(secret string, header http.Header, body []byte) error {
	got := header.Values("X-Hub-Signature-256")
	if secret == "" || len(got) != 1 {
		return ErrSignature
	}
	m := mac(secret, body)
	want := "sha256=" + hex.EncodeToString(m[:])
	if subtle.ConstantTimeCompare([]byte(got[0]), []byte(want)) != 1 {
		return ErrSignature
	}
	return nil
}

func mac(secret string, body []byte) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	h.Sum(sum[:0])
	return sum
}

// Webhooks receives deliveries, each once. It is safe for concurrent use.
//
// GitHub signs the body only: neither the delivery's id nor a time of sending. So both the
// id and the body are remembered, and an event whose body tells a time older than
// WebhookAge is refused. If more come within that time than are remembered, the age falls
// to that of the oldest one known. A restart forgets: within WebhookAge an event may then
// be replayed, which is why what is done with it should bear being done twice.
type Webhooks struct {
	secret string
	now    func() time.Time
	max    int

	mu     sync.Mutex
	ids    map[string]bool
	bodies map[[sha256.Size]byte]bool
	order  []remembered // the oldest first
	floor  time.Time    // events not after it are stale
}

type remembered struct {
	id   string
	body [sha256.Size]byte
	at   time.Time
}

// NewWebhooks returns a receiver for hooks with the given secret, of at least
// MinWebhookSecret bytes. now is the clock; nil for time.Now.
func NewWebhooks(secret string, now func() time.Time) (*Webhooks, error) {
	if len(secret) < MinWebhookSecret {
		return nil, fmt.Errorf("secret of the webhooks has %d bytes, want %d or more: with a guessable one everybody can send events", len(secret), MinWebhookSecret)
	}
	if now == nil {
		now = time.Now
	}
	return &Webhooks{secret: secret, now: now, max: rememberedWebhooks, ids: map[string]bool{}, bodies: map[[sha256.Size]byte]bool{}}, nil
}

var deliveryID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// Receive reads a delivery. Nothing of its content is looked at before the signature is
// right, and no more than MaxWebhook is read. The time that reading may take is the
// server's to limit. An accepted delivery is remembered; if it cannot be dealt with, give
// it to Forget, so that GitHub's "Redeliver" works.
func (w *Webhooks) Receive(r *http.Request) (Delivery, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	id, event := r.Header.Get("X-GitHub-Delivery"), r.Header.Get("X-GitHub-Event")
	switch {
	case r.Method != http.MethodPost:
		return Delivery{}, fmt.Errorf("%w: it is no POST", ErrMalformed)
	case r.ContentLength > MaxWebhook:
		return Delivery{}, fmt.Errorf("webhook of %d bytes, %d are read: %w", r.ContentLength, MaxWebhook, ErrTooLarge)
	case kind != "application/json":
		return Delivery{}, fmt.Errorf("%w: set the hook's content type to application/json at GitHub", ErrMalformed)
	case !deliveryID.MatchString(id) || !eventName.MatchString(event):
		return Delivery{}, fmt.Errorf("%w: no X-GitHub-Delivery or X-GitHub-Event", ErrMalformed)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxWebhook+1))
	switch {
	case err != nil:
		return Delivery{}, fmt.Errorf("%w: body ended early", ErrMalformed)
	case len(body) > MaxWebhook:
		return Delivery{}, fmt.Errorf("webhook of more than %d bytes: %w", MaxWebhook, ErrTooLarge)
	}
	if err := VerifyWebhook(w.secret, r.Header, body); err != nil {
		return Delivery{}, err
	}
	d, err := ParseWebhook(event, body)
	if err != nil {
		return Delivery{}, err
	}
	d.ID, d.body = id, mac(w.secret, body)
	return d, w.remember(d)
}

func (w *Webhooks) remember(d Delivery) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ids[d.ID] || w.bodies[d.body] {
		return fmt.Errorf("%w: delivery %s", ErrReplayed, d.ID)
	}
	if !d.At.IsZero() && (d.At.Before(w.now().Add(-WebhookAge)) || !d.At.After(w.floor)) {
		return fmt.Errorf("%w: delivery %s is of %s", ErrStale, d.ID, d.At.Format(time.RFC3339))
	}
	w.ids[d.ID], w.bodies[d.body] = true, true
	w.order = append(w.order, remembered{d.ID, d.body, d.At})
	if len(w.order) > w.max {
		w.dropOldest()
	}
	return nil
}

// dropOldest forgets one for good: what is not newer will be taken for known.
func (w *Webhooks) dropOldest() {
	old := w.order[0]
	delete(w.ids, old.id)
	delete(w.bodies, old.body)
	if old.at.After(w.floor) {
		w.floor = old.at
	}
	w.order = w.order[1:]
}

// Forget lets a delivery come again.
func (w *Webhooks) Forget(d Delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, r := range w.order {
		if r.id == d.ID && r.body == d.body {
			delete(w.ids, r.id)
			delete(w.bodies, r.body)
			w.order = append(w.order[:i], w.order[i+1:]...)
			return
		}
	}
}
