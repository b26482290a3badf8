package local

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/postmortem"
)

//go:embed page
var assets embed.FS

// ServerOptions say how the chat is shown in a browser. Everything is optional.
type ServerOptions struct {
	Zone      *time.Location // of the workspace; nil: UTC
	Winder    Winder         // nil: the clock cannot be wound
	Renderers []Renderer     // further forms in which the bot's documents can be had
	// Stage makes a stage with a bot and an empty store, and what ends it: what was done in the chat is played on it when
	// it is saved as a transcript. nil: it cannot be saved.
	Stage func(ctx context.Context) (s *Stage, end func(), err error)
	Hosts []string // names beside those of this machine under which the page may be asked for; "*": any
	Log   *slog.Logger
}

// Document is a text that the bot sent along with a message.
type Document struct {
	Message conversations.MessageRef
	Slot    string // what the message is for
	Name    string // "PM-1.md"
	Text    string // CommonMark
	Record  *postmortem.Record
}

// Renderer gives documents in one more form.
type Renderer struct {
	Label string // "PDF"
	Ext   string // "pdf"
	Type  string // "application/pdf"
	// Shown: the form is shown in the page, in a frame in which nothing runs, in place of ours. For HTML in one file.
	Shown  bool
	Render func(r postmortem.Record) ([]byte, error)
}

// Winder is the bot as somebody sees it who winds its clock.
type Winder interface {
	// Due is the next moment at which the bot wants to do something by itself; zero: never.
	Due(ctx context.Context) (time.Time, error)
	// Tick does what is due at a moment.
	Tick(ctx context.Context, now time.Time) error
	// Rest reports whether nothing is under way any more.
	Rest(ctx context.Context) (bool, error)
	// Next is when something that waits now can be gone on with, by the store's clock; zero: nothing waits.
	Next(ctx context.Context) (time.Time, error)
}

const (
	bodyMost    = 256 << 10 // bytes of a request
	textMost    = 12_000    // characters of a message
	namesMost   = 20        // files of a message
	streamsMost = 128       // open at once
	connsMost   = 512
	connsPing   = 15 * time.Second
	writeWithin = 20 * time.Second
	peopleMost  = 200
)

// Server shows a chat in browsers. It is an http.Handler, and Serve runs it on a listener.
type Server struct {
	chat    *Chat
	o       ServerOptions
	log     *slog.Logger
	handler http.Handler
	version string // of the page
	index   []byte

	streams atomic.Int64
	closing chan struct{} // closed when streams are to end
	close   sync.Once

	winding sync.Mutex // held while the clock is wound
	busy    atomic.Bool
	spoke   atomic.Pointer[[]string] // where the bot has said something while it was wound last
	telling sync.Mutex               // held while a transcript is made
}

// NewServer makes a server for a chat.
func NewServer(chat *Chat, o ServerOptions) *Server {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{chat: chat, o: o, log: o.Log, closing: make(chan struct{})}
	s.version = assetVersion()
	page, err := assets.ReadFile("page/index.html")
	if err != nil {
		panic(err) // it is embedded
	}
	s.index = bytes.ReplaceAll(page, []byte("VERSION"), []byte(s.version))
	crossOrigin := http.NewCrossOriginProtection()
	s.handler = s.guarded(crossOrigin.Handler(s.routes()))
	return s
}

// assetVersion is another one whenever a file of the page is another one.
func assetVersion() string {
	sum := sha256.New()
	_ = fs.WalkDir(assets, "page", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, _ := assets.ReadFile(path) // it is embedded
			sum.Write(b)
		}
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Serve answers on a listener until the context ends; then it ends the streams, lets what is being answered be answered,
// for a bounded time, and returns.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: writeWithin, WriteTimeout: writeWithin, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	over := make(chan error, 1)
	go func() { over <- server.Serve(&capped{Listener: l, free: make(chan struct{}, connsMost)}) }()
	select {
	case err := <-over:
		return fmt.Errorf("the local chat's server: %w", err)
	case <-ctx.Done():
	}
	s.Close()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return fmt.Errorf("stop the local chat's server: %w", errors.Join(err, server.Close()))
	}
	return nil
}

// Close ends all streams. Browsers come back when there is a server again.
func (s *Server) Close() { s.close.Do(func() { close(s.closing) }) }

// capped is a listener with so many connections at most.
type capped struct {
	net.Listener
	free chan struct{}
}

func (l *capped) Accept() (net.Conn, error) {
	l.free <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &cappedConn{Conn: c, free: l.free}, nil
}

type cappedConn struct {
	net.Conn
	once sync.Once
	free chan struct{}
}

func (c *cappedConn) Close() error {
	c.once.Do(func() { <-c.free })
	return c.Conn.Close()
}

// guarded is what everything goes through: who may ask, and what browsers may do with the answer.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if !s.known(r.Host) {
			http.Error(w, "This chat is asked for under a name that it does not know. Open it as http://127.0.0.1 or http://localhost, with its port.", http.StatusMisdirectedRequest)
			return
		}
		// Other sites' pages get nothing, not even an answer that they could not read.
		if from := r.Header.Get("Sec-Fetch-Site"); from == "cross-site" && (r.Header.Get("Sec-Fetch-Mode") != "navigate" || strings.HasPrefix(r.URL.Path, "/api/")) {
			http.Error(w, "Other sites cannot use this chat.", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyMost)
		next.ServeHTTP(w, r)
	})
}

// known reports whether a Host header names this machine, or what it was said to be called. A page of somebody else's
// whose name was made to point here carries its own.
func (s *Server) known(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || slices.Contains(s.o.Hosts, "*") {
		return true
	}
	if ip, err := netip.ParseAddr(name); err == nil && ip.IsLoopback() {
		return true
	}
	return slices.ContainsFunc(s.o.Hosts, func(h string) bool { return strings.EqualFold(h, name) || strings.EqualFold(h, host) })
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /as/", s.showPage)
	mux.HandleFunc("GET /page/{file}", s.asset)
	mux.HandleFunc("GET /api/{person}/state", s.getState)
	mux.HandleFunc("GET /api/{person}/messages", s.getMessages)
	mux.HandleFunc("GET /api/{person}/events", s.stream)
	mux.HandleFunc("GET /api/{person}/clock", s.getClock)
	mux.HandleFunc("POST /api/{person}/{act}", s.act)
	mux.HandleFunc("GET /documents/{person}/{channel}/{message}", s.document)
	mux.HandleFunc("GET /transcript", s.transcript)
	return mux
}

// home sends a browser on as somebody.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	s.chat.mu.Lock()
	first := "nobody"
	for _, p := range s.chat.s.People {
		if p.Active && !p.Bot {
			first = p.ID
			break
		}
	}
	s.chat.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/as/"+first, http.StatusFound)
}

func (s *Server) showPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(s.index)
}

func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("v") == s.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeFileFS(w, r, assets, "page/"+r.PathValue("file"))
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "cannot say it", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// slip is a person's slip, in words for them.
type slip struct {
	Error string `json:"error"`
}

func (s *Server) getState(w http.ResponseWriter, r *http.Request) {
	v, ok := s.state(r.PathValue("person"), r.URL.Query().Get("window"))
	if !ok {
		answer(w, http.StatusNotFound, slip{"There is nobody of that name here."})
		return
	}
	v.Clock = s.clockNow()
	answer(w, http.StatusOK, v)
}

func (s *Server) getMessages(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	answer(w, http.StatusOK, s.page(r.PathValue("person"), In(q.Get("channel"), q.Get("thread")), q.Get("before")))
}

func (s *Server) clockNow() viewClock {
	v := viewClock{Now: s.chat.now(), Winds: s.o.Winder != nil && s.chat.clock != nil, Busy: s.busy.Load()}
	if spoke := s.spoke.Load(); spoke != nil {
		v.Spoke = append([]string{}, *spoke...)
	}
	return v
}

func (s *Server) getClock(w http.ResponseWriter, r *http.Request) {
	v := s.clockNow()
	if v.Winds {
		due, err := s.o.Winder.Due(r.Context())
		if err == nil {
			v.Next = due
		}
	}
	answer(w, http.StatusOK, v)
}

// stream tells what changes, from where the browser heard last. A comment now and then shows that there is still somebody.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	if s.streams.Add(1) > streamsMost {
		s.streams.Add(-1)
		http.Error(w, "Too many windows are open.", http.StatusServiceUnavailable)
		return
	}
	defer s.streams.Add(-1)
	person, window := r.PathValue("person"), r.URL.Query().Get("window")
	out := &streamWriter{w: w, control: http.NewResponseController(w), born: s.born()}
	born, last, _ := strings.Cut(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("since")), ".")
	rev, err := strconv.ParseInt(last, 10, 64)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out.event("hello", -1, map[string]string{"version": s.version})
	if err != nil || born != out.born {
		out.event("reload", -1, struct{}{})
		return
	}
	ping := time.NewTicker(connsPing)
	defer ping.Stop()
	busy := false
	for out.err == nil {
		change, now, next, ok := s.since(person, window, rev)
		switch {
		case !ok:
			out.event("reload", -1, struct{}{})
			return
		case now != rev && !change.empty():
			out.event("change", now, change)
		}
		rev = now
		if is := s.busy.Load(); is != busy {
			busy = is
			out.event("clock", rev, s.clockNow())
		}
		select {
		case <-next:
		case <-ping.C:
			out.event("clock", rev, s.clockNow())
		case <-s.closing:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// born is the chat's own name among all chats there have been under this address.
func (s *Server) born() string { return strconv.FormatInt(s.chat.born, 36) }

// streamWriter writes server-sent events.
type streamWriter struct {
	w       io.Writer
	control *http.ResponseController
	born    string
	err     error
}

func (o *streamWriter) event(name string, rev int64, data any) {
	b, err := json.Marshal(data)
	if err != nil {
		o.err = err
	}
	if o.err != nil {
		return
	}
	id := ""
	if rev >= 0 {
		id = fmt.Sprintf("id: %s.%d\n", o.born, rev)
	}
	_ = o.control.SetWriteDeadline(time.Now().Add(writeWithin)) // where it cannot be set there is none
	if _, o.err = fmt.Fprintf(o.w, "event: %s\n%sdata: %s\n\n", name, id, b); o.err == nil {
		o.err = o.control.Flush()
	}
}

// asked is what a browser asks for with a POST.
type asked struct {
	Act     string            `json:"act"`    // its name: asked twice, it is done once
	Window  string            `json:"window"` // in which window it is done
	Channel string            `json:"channel"`
	Thread  string            `json:"thread"`
	Message string            `json:"message"`
	Text    string            `json:"text"`
	Files   []string          `json:"files"`
	Emoji   string            `json:"emoji"`
	On      bool              `json:"on"`
	Row     int               `json:"row"`
	Column  int               `json:"column"`
	Label   string            `json:"label"`
	Choice  string            `json:"choice"`
	Values  map[string]string `json:"values"`
	Name    string            `json:"name"`
	Zone    string            `json:"zone"`
	Admin   bool              `json:"admin"`
	Role    string            `json:"role"`
	Private bool              `json:"private"`
	Members []string          `json:"members"`
	Without bool              `json:"withoutBot"`
	By      string            `json:"by"` // hour, day, week, next
}

var actNamed = lazily(`^[A-Za-z0-9-]{8,64}$`)

func (s *Server) act(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		answer(w, http.StatusUnsupportedMediaType, slip{"Only JSON is understood here."})
		return
	}
	var a asked
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			answer(w, http.StatusRequestEntityTooLarge, slip{tooLongWords})
			return
		}
		answer(w, http.StatusBadRequest, slip{"That could not be read."})
		return
	}
	if !actNamed().MatchString(a.Act) || (a.Window != "" && !actNamed().MatchString(a.Window)) {
		answer(w, http.StatusBadRequest, slip{"An act needs a name of its own."})
		return
	}
	person := r.PathValue("person")
	ctx := WithWindow(WithAct(context.WithoutCancel(r.Context()), person+"/"+a.Act), a.Window)
	err := s.carryOut(ctx, person, r.PathValue("act"), a)
	var unknown *unknownAct
	switch {
	case err == nil:
		answer(w, http.StatusOK, struct{}{})
	case errors.Is(err, ErrNotSaved):
		answer(w, http.StatusServiceUnavailable, slip{"Not saved. It is tried again."})
	case errors.As(err, &unknown):
		answer(w, http.StatusNotFound, slip{err.Error()})
	default:
		answer(w, http.StatusUnprocessableEntity, slip{sentence(err)})
	}
}

// sentence is what somebody reads of a slip of theirs.
func sentence(err error) string {
	text := err.Error()
	first, size := utf8.DecodeRuneInString(text)
	return strings.ToUpper(string(first)) + text[size:] + "."
}

type unknownAct struct{ name string }

func (e *unknownAct) Error() string { return "There is no such act: " + e.name }

var tooLongWords = fmt.Sprintf("That is too long for one message: at most %d characters. Send it in parts, or name a file.", textMost)

func (s *Server) carryOut(ctx context.Context, person, act string, a asked) error {
	c := s.chat
	if c.knows(ctx) { // it was done, and nobody heard
		return nil
	}
	on := conversations.MessageRef{Workspace: Workspace, Channel: a.Channel, ID: a.Message}
	text, err := tidy(a.Text)
	if err != nil {
		return err
	}
	switch act {
	case "say":
		return s.say(ctx, person, In(a.Channel, a.Thread), text, a)
	case "edit":
		if text == "" {
			return errors.New("there is no text; delete the message instead")
		}
		return c.Edit(ctx, person, on, text)
	case "delete":
		return c.Delete(ctx, person, on)
	case "react":
		if a.Emoji == "" || utf8.RuneCountInString(a.Emoji) > 12 || strings.ContainsAny(a.Emoji, " \n\t<>&\"") {
			return errors.New("that is no emoji")
		}
		return c.reacted(ctx, person, on, a.Emoji, a.On)
	case "press":
		return c.Press(ctx, person, on, a.Row, a.Column, a.Label, a.Choice)
	case "submit":
		return s.submit(ctx, person, a.Values)
	case "close":
		return c.Close(ctx, person)
	case "dismiss":
		return c.Dismiss(ctx, person, on)
	case "wind":
		return s.wind(person, a.By)
	}
	return s.arrange(ctx, person, act, a, text)
}

var errTooLong = errors.New(strings.TrimSuffix(strings.ToLower(tooLongWords[:1])+tooLongWords[1:], "."))

// tidy is a text as it is kept: line ends are one character, and no line ends in blanks, so that it can be written down.
func tidy(text string) (string, error) {
	if utf8.RuneCountInString(text) > textMost {
		return "", errTooLong
	}
	text = strings.ToValidUTF8(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\uFFFD")
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), nil
}

var fileNamed = lazily(`^[^\s/\\<>]{1,80}$`)

func (s *Server) say(ctx context.Context, person string, p conversations.Place, text string, a asked) error {
	if len(a.Files) > namesMost {
		return fmt.Errorf("at most %d files go with a message", namesMost)
	}
	for _, f := range a.Files {
		if !fileNamed().MatchString(f) {
			return errors.New("a file's name has no blanks and no slashes")
		}
	}
	if text == "" && len(a.Files) == 0 {
		return errors.New("there is no text")
	}
	if rest, ok := strings.CutPrefix(text, "/postmortem"); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\n') {
		return s.chat.Command(ctx, person, p, strings.TrimSpace(rest))
	}
	_, err := s.chat.Say(ctx, person, p, text, Extra{Files: a.Files})
	return err
}

func (s *Server) submit(ctx context.Context, person string, values map[string]string) error {
	tidied := map[string]string{}
	for name, v := range values {
		v, err := tidy(v)
		if err != nil {
			return err
		}
		tidied[name] = v
	}
	return s.chat.Submit(ctx, person, tidied)
}

// document gives one of the bot's documents, to be read in the page or to be kept.
func (s *Server) document(w http.ResponseWriter, r *http.Request) {
	d, ok := s.documentOf(r.PathValue("person"), r.PathValue("channel"), r.PathValue("message"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	form := r.URL.Query().Get("form")
	if form == "" {
		v := map[string]string{"name": d.Name, "html": DocumentHTML(d.Text)}
		for _, rendered := range s.o.Renderers {
			if rendered.Shown && d.Record != nil {
				v["frame"] = rendered.Ext
			}
		}
		answer(w, http.StatusOK, v)
		return
	}
	kind, body := "text/markdown; charset=utf-8", []byte(d.Text)
	shown := false
	if form != "md" {
		i := slices.IndexFunc(s.o.Renderers, func(r Renderer) bool { return r.Ext == form })
		if i < 0 || d.Record == nil {
			http.NotFound(w, r)
			return
		}
		var err error
		if body, err = s.o.Renderers[i].Render(*d.Record); err != nil {
			s.log.Error("a document cannot be rendered", "platform", "local", "err", err)
			http.Error(w, "This document cannot be had in this form just now.", http.StatusInternalServerError)
			return
		}
		kind = s.o.Renderers[i].Type
		shown = s.o.Renderers[i].Shown && r.URL.Query().Has("shown")
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	if shown { // whatever is in it, nothing runs and nothing is fetched
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'")
	} else {
		name := strings.TrimSuffix(d.Name, ".md") + "." + form
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	}
	_, _ = w.Write(body)
}

func (s *Server) documentOf(person, channel, id string) (Document, bool) {
	c := s.chat
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.index[channel+"/"+id]
	if m == nil || m.Gone || m.Body == nil || m.Body.File == nil || !c.maySee(person, channel) || (m.Only != "" && m.Only != person) {
		return Document{}, false
	}
	return Document{Message: m.ref(), Slot: m.Slot, Name: m.Body.File.Name, Text: m.Body.File.Text, Record: m.Body.File.Record}, true
}

// Zone is where a chat that nobody has furnished yet is at home: the zone of its first admin.
const Zone = "Europe/Berlin"

// Furnish puts people and channels into a chat in which there is nobody yet.
func Furnish(ctx context.Context, c *Chat) error {
	c.mu.Lock()
	empty := len(c.s.People) == 0
	c.mu.Unlock()
	if !empty {
		return nil
	}
	for _, p := range []conversations.Person{
		{ID: "ana", Zone: Zone, Admin: true},
		{ID: "bo", Zone: "America/New_York"},
		{ID: "kim", Zone: "Asia/Kolkata"},
	} {
		p.Name, p.Active = p.ID, true
		if err := c.Admit(ctx, Person{Person: p}); err != nil {
			return fmt.Errorf("let %s in: %w", p.ID, err)
		}
	}
	for _, name := range []string{"incidents", "general"} {
		if err := c.Found(ctx, Channel{Name: name}); err != nil {
			return fmt.Errorf("make #%s: %w", name, err)
		}
	}
	return nil
}
