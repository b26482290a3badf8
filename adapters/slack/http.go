package slack

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Where Slack sends to, in HTTP mode.
const (
	EventsPath       = "/slack/events"
	CommandsPath     = "/slack/commands"
	InteractionsPath = "/slack/interactions"
)

const (
	maxBelieved = 16 << 10        // of what a request says of its size, before anything of it is there
	maxBody     = 1 << 20         // of a request; Slack's are some kilobytes
	maxAge      = 5 * time.Minute // of a signature: https://docs.slack.dev/authentication/verifying-requests-from-slack
	patience    = 2900 * time.Millisecond
)

// Handler serves what Slack sends over HTTP. Nothing is read from a request before its size and signature are right.
func (c *Chat) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(EventsPath, c.signed(c.serveEvent))
	mux.Handle(CommandsPath, c.signed(c.serveCommand))
	mux.Handle(InteractionsPath, c.signed(c.serveInteraction))
	return mux
}

// signed lets through what Slack signed within the last minutes: https://docs.slack.dev/authentication/verifying-requests-from-slack
func (c *Chat) signed(serve func(http.ResponseWriter, *http.Request, []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "only Slack calls here", http.StatusMethodNotAllowed)
			return
		}
		if r.Header.Get("Content-Encoding") != "" {
			c.reject(w, http.StatusUnsupportedMediaType, refusedCompressed, "not compressed, please")
			return
		}
		body, err := readBody(w, r)
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			c.reject(w, http.StatusRequestEntityTooLarge, refusedLarge, "too large")
			return
		case err != nil:
			http.Error(w, "broken off", http.StatusBadRequest)
			return
		}
		if !c.verify(r.Header, body) {
			c.reject(w, http.StatusUnauthorized, refusedUnsigned, "not signed by Slack")
			return
		}
		serve(w, r, body)
	})
}

// reject answers a request that is not taken.
func (c *Chat) reject(w http.ResponseWriter, status int, why, words string) {
	c.refuse(why, "a request was refused", "why", why)
	http.Error(w, words, status)
}

// readBody reads what is not too large. Nobody is believed how much they will send.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), maxBelieved)) + bytes.MinRead) // with room to see its end
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	return body.Bytes(), err
}

// verify looks at the signature over the raw body, and at its age.
func (c *Chat) verify(h http.Header, body []byte) bool {
	at := h.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || c.signing == "" {
		return false
	}
	if age := c.now().Sub(time.Unix(seconds, 0)); age > maxAge || age < -maxAge {
		return false
	}
	return hmac.Equal([]byte(signature(c.signing, at, body)), []byte(h.Get("X-Slack-Signature")))
}

func signature(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + at + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

func (c *Chat) serveEvent(w http.ResponseWriter, r *http.Request, body []byte) {
	env, err := readEnvelope(body)
	if err != nil {
		c.acknowledge(w, r, reply{}, err)
		return
	}
	if env.Type == "url_verification" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(w, env.Challenge) // Slack is gone if this fails
		return
	}
	answer, err := c.takeEvent(r.Context(), env)
	c.acknowledge(w, r, answer, err)
}

func (c *Chat) serveCommand(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		c.acknowledge(w, r, reply{}, errMalformed)
		return
	}
	if form.Get("ssl_check") == "1" {
		return
	}
	answer, err := c.takeCommand(r.Context(), form)
	c.acknowledge(w, r, answer, err)
}

func (c *Chat) serveInteraction(w http.ResponseWriter, r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		c.acknowledge(w, r, reply{}, errMalformed)
		return
	}
	answer, err := c.takeInteraction(r.Context(), []byte(form.Get("payload")))
	c.acknowledge(w, r, answer, err)
}

// acknowledge writes what Slack waits for, and then does what it does not.
func (c *Chat) acknowledge(w http.ResponseWriter, r *http.Request, answer reply, err error) {
	switch {
	case errors.Is(err, errMalformed):
		c.reject(w, http.StatusBadRequest, refusedMalformed, "malformed")
		return
	case err != nil:
		http.Error(w, "not saved", http.StatusServiceUnavailable)
		return
	}
	if answer.payload == nil && answer.then == nil {
		return // 200, with nothing to say
	}
	var body []byte
	if answer.payload != nil {
		if body, err = json.Marshal(answer.payload); err != nil {
			http.Error(w, "no answer", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if answer.then != nil {
		w.Header().Set("Connection", "close") // or what comes next on it would wait until that is done
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)                      // if Slack is gone by now,
	_ = http.NewResponseController(w).Flush() // there is nobody to tell
	answer.after(r.Context())
}
