package conversations

import _ "embed" // of the demo

// Demo is a transcript of a real incident, retold: what `debrief demo` begins with.
//
//go:embed testdata/cloudflare-2019.txtar
var Demo []byte
