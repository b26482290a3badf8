package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// file is one that an app uploads, in three steps: https://docs.slack.dev/messaging/working-with-files
type file struct {
	name    string
	length  int
	content []byte
	shared  bool
}

// uploads is the path below which files are sent.
const uploads = "/upload/"

// File is what was uploaded and shared under a name, each time anew.
func (s *Server) File(name string) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all [][]byte
	for _, id := range sortedKeys(s.files) {
		if f := s.files[id]; f.name == name && f.shared {
			all = append(all, f.content)
		}
	}
	return all
}

func (s *Server) getUploadURL(a arguments) (object, []object) {
	length, err := strconv.Atoi(a["length"])
	if err != nil || length <= 0 || a["filename"] == "" {
		return fails("invalid_arguments")
	}
	id := fmt.Sprintf("F%d", s.number())
	s.files[id] = &file{name: a["filename"], length: length}
	return object{"file_id": id, "upload_url": s.URL + uploads + id}, nil
}

// upload takes the content in.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	if fault := s.fate("upload"); fault.Status != 0 {
		w.WriteHeader(fault.Status)
		return
	}
	part, _, err := r.FormFile("file")
	if err != nil {
		http.Error(w, "no file", http.StatusBadRequest)
		return
	}
	content, err := io.ReadAll(part)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[strings.TrimPrefix(r.URL.Path, uploads)]
	if f == nil || err != nil || len(content) != f.length {
		http.Error(w, "not what was announced", http.StatusBadRequest)
		return
	}
	f.content = content
	_, _ = fmt.Fprintf(w, "OK - %d", len(content))
}

func (s *Server) completeUpload(a arguments) (object, []object) {
	var files []struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	if json.Unmarshal([]byte(a["files"]), &files) != nil || len(files) != 1 {
		return fails("invalid_arguments")
	}
	f := s.files[files[0].ID]
	switch {
	case f == nil || len(f.content) == 0 || f.shared:
		return fails("file_not_found")
	case s.closed(a["channel_id"]) != "":
		return fails(s.closed(a["channel_id"]))
	case a["thread_ts"] != "" && !s.isThread(a["channel_id"], a["thread_ts"]):
		return fails("invalid_thread_ts")
	}
	f.shared = true
	m := &message{Message: Message{
		Channel: a["channel_id"], Thread: a["thread_ts"], TS: s.stamp(), User: BotUser, Ours: true, Text: a["initial_comment"],
		Files: []string{f.name}, Reactions: map[string][]string{},
	}}
	s.messages = append(s.messages, m)
	return object{"files": []object{{"id": files[0].ID, "title": files[0].Title}}}, []object{s.said(m)}
}
