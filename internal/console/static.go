package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"path"
	"sync"
)

//go:embed static
var static embed.FS

// staticVersion is part of the URL of every file, so that browsers may cache them without
// a limit.
var staticVersion = sync.OnceValue(func() string {
	hash := sha256.New()
	err := fs.WalkDir(static, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := static.ReadFile(name)
		_, _ = io.WriteString(hash, name) // a hash never fails to write
		_, _ = hash.Write(text)
		return err
	})
	if err != nil {
		panic(err) // the files are embedded
	}
	return hex.EncodeToString(hash.Sum(nil)[:6])
})

// contentTypes are set here by file extension, independent of the tables of the machine.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// serveStatic serves the embedded files, and no others.
func serveStatic(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	text, err := static.ReadFile(path.Join("static", path.Clean("/"+name)))
	kind := contentTypes[path.Ext(name)]
	if err != nil || kind == "" || r.PathValue("version") != staticVersion() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(text) // the client may have disconnected
}
