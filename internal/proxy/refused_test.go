package proxy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/http3"
	"elbow/internal/leak"
)

// refuser is a backend that answers each POST with 413 and does not read the body.
func refuser(t testing.TB) string {
	return scripted(t, func(_ int, p *peer) {
		for {
			head := p.head()
			if !strings.HasPrefix(head, "POST ") {
				if head == "" {
					return
				}
				p.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				continue
			}
			p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
			return
		}
	})
}

// uploads returns backends that refuse uploads, by the status that the client gets.
func uploads(t testing.TB) map[string]string {
	return map[string]string{"413": refuser(t), "502": refusing(t)}
}

// A client that sends a whole body before it reads its stream gets the answer, sees no
// reset, and can use the connection for the next request.
func TestH2RefusedUpload(t *testing.T) {
	leak.Check(t)
	for status, backend := range uploads(t) {
		t.Run(status, func(t *testing.T) {
			r := newRig(t, []string{backend}, limits(exchange.Limits{LingerTimeout: patience}))
			c := r.dialFrames()
			id := c.open(false, ":method: POST")
			windows := map[uint32]int{0: 65535, id: 65535}
			answer := ""
			piece := make([]byte, 16<<10)
			for sent := 0; sent < 4<<20; {
				if windows[0] >= len(piece) && windows[id] >= len(piece) {
					sent += len(piece)
					windows[0] -= len(piece)
					windows[id] -= len(piece)
					c.ok(c.WriteData(id, sent == 4<<20, piece))
					continue
				}
				f, err := c.ReadFrame()
				c.ok(err)
				switch f := f.(type) {
				case *http2.WindowUpdateFrame:
					windows[f.StreamID] += int(f.Increment)
				case *http2.MetaHeadersFrame:
					answer = f.PseudoValue("status")
				case *http2.DataFrame:
				case *http2.SettingsFrame:
					_ = f.ForeachSetting(func(s http2.Setting) error {
						if s.ID == http2.SettingInitialWindowSize {
							windows[id] += int(s.Val) - 65535
						}
						return nil
					})
				default:
					t.Fatalf("got %v", f)
				}
			}
			if answer != status {
				t.Errorf("got %q, want %s", answer, status)
			}
			want := "200"
			if status == "502" {
				want = status
			}
			c.wantStatus(c.open(true), want)
		})
	}
}

// A client that ends its body early because of an error gets the rest of the answer.
func TestH2UploadEndsShortAfterTheHead(t *testing.T) {
	leak.Check(t)
	ended := make(chan struct{})
	end := sync.OnceFunc(func() { close(ended) })
	defer end()
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo ")
		<-ended
		p.send("long")
	})})
	c := r.dialFrames()
	id := c.open(false, ":method: POST", "content-length: 100")
	c.ok(c.WriteData(id, false, []byte("hello")))
	if got := c.head(id).PseudoValue("status"); got != "413" {
		t.Errorf("got %s", got)
	}
	c.ok(c.WriteData(id, true, []byte("hello")))
	c.ok(c.WritePing(false, [8]byte{1}))
	answer := ""
	for open := true; open; {
		f, err := c.ReadFrame()
		c.ok(err)
		switch f := f.(type) {
		case *http2.PingFrame: // the end of the body has arrived before it
			end()
		case *http2.DataFrame:
			answer += string(f.Data())
			open = !f.StreamEnded()
		case *http2.RSTStreamFrame:
			t.Fatalf("reset: %v", f.ErrCode)
		}
	}
	if answer != "too long" {
		t.Errorf("got %q", answer)
	}
	if line := r.log.next(t); line["status"] != 413.0 || line["err"] != nil {
		t.Errorf("access log has %v", line)
	}
}

// The reset that asks the client to stop is not sent together with the answer.
func TestH2RefusedUploadIsResetLater(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{refuser(t)}, limits(exchange.Limits{LingerTimeout: patience}))
	c := r.dialFrames()
	id := c.open(false, ":method: POST")
	c.wantStatus(id, "413")
	c.ok(c.WritePing(false, [8]byte{1}))
	for {
		f, err := c.ReadFrame()
		c.ok(err)
		if _, ok := f.(*http2.RSTStreamFrame); ok {
			t.Fatal("reset at once")
		}
		if p, ok := f.(*http2.PingFrame); ok && p.IsAck() {
			break
		}
	}
	// The client may end the stream itself, by a reset or by END_STREAM.
	c.ok(c.WriteRSTStream(id, http2.ErrCodeCancel))
	id = c.open(false, ":method: POST")
	c.wantStatus(id, "413")
	c.ok(c.WriteData(id, true, nil))
	c.wantStatus(c.open(true), "200")
}

// A client over HTTP/3 that sends a whole body before it reads gets the answer.
func TestH3RefusedUpload(t *testing.T) {
	leak.Check(t)
	for status, backend := range uploads(t) {
		t.Run(status, func(t *testing.T) {
			r := newRig(t, []string{backend}, limits(exchange.Limits{LingerTimeout: patience}))
			c := r.dialRaw()
			body := frame(http3.Data, make([]byte, 16<<10))
			str := c.stream(false, headers(pseudo("POST", "/")...))
			for range 256 {
				if _, err := str.Write(body); err != nil {
					t.Fatalf("the upload ends with %v", err)
				}
			}
			_ = str.Close()
			if _, err := io.ReadAll(str); err != nil {
				t.Error(err)
			}
			if line := r.log.next(t); fmt.Sprint(line["status"]) != status {
				t.Errorf("access log has %v", line)
			}
		})
	}
}

// A client that neither sends nor ends its body gets STOP_SENDING after a while.
func TestH3RefusedUploadIsStopped(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{refuser(t)})
	str := r.dialRaw().stream(false, headers(pseudo("POST", "/")...))
	if _, err := io.ReadAll(str); err != nil {
		t.Error(err)
	}
	<-str.Context().Done() // closed by STOP_SENDING
}

// Independent clients get the answer to an upload that is refused at once.
func TestH2ClientsRefusedUpload(t *testing.T) {
	leak.Check(t)
	long := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(long, make([]byte, 10<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for status, backend := range uploads(t) {
		r := newRig(t, []string{backend}, limits(exchange.Limits{}))
		url := "https://" + r.lis.Addr().String() + "/"
		for _, tt := range []struct {
			name string
			args []string
		}{
			{"curl, HTTP/1.1", []string{"curl", "-sSk", "--http1.1", "-H", "Expect:", "-o", os.DevNull, "-w", "%{http_code}", "--data-binary", "@" + long, url}},
			{"curl, HTTP/1.1, 100-continue", []string{"curl", "-sSk", "--http1.1", "-H", "Expect: 100-continue", "-o", os.DevNull, "-w", "%{http_code}", "--data-binary", "@" + long, url}},
			{"curl, HTTP/1.1, chunked", []string{"curl", "-sSk", "--http1.1", "-H", "Expect:", "-H", "Transfer-Encoding: chunked", "-o", os.DevNull, "-w", "%{http_code}", "--data-binary", "@" + long, url}},
			{"curl, HTTP/2", []string{"curl", "-sSk", "--http2", "-o", os.DevNull, "-w", "%{http_code}", "--data-binary", "@" + long, url}},
			{"Node", []string{"node", "-e", nodeUpload, url, "end"}},
			{"Node, without an end", []string{"node", "-e", nodeUpload, url, "open"}},
		} {
			t.Run(status+"/"+tt.name, func(t *testing.T) {
				if _, err := exec.LookPath(tt.args[0]); err != nil {
					t.Skip(err)
				}
				for range 3 {
					out, err := exec.CommandContext(t.Context(), tt.args[0], tt.args[1:]...).CombinedOutput()
					if err != nil || string(out) != status {
						t.Errorf("got %q, %v, want %s", out, err, status)
					}
				}
			})
		}
	}
}

// nodeUpload sends 3 MiB and prints the status once the stream is closed.
const nodeUpload = `
const session = require("http2").connect(process.argv[1], {rejectUnauthorized: false});
const req = session.request({":method": "POST", ":path": "/"});
let status = "none";
req.on("response", h => { status = h[":status"]; });
req.on("error", e => { status += " " + e; });
req.on("close", () => { process.stdout.write(String(status)); session.close(); });
req.resume();
req.write(Buffer.alloc(3 << 20));
if (process.argv[2] == "end") req.end();
`

// git push: its first request is small, and the second is large.
func TestH2ClientsRefusedPush(t *testing.T) {
	leak.Check(t)
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	r := newRig(t, []string{scripted(t, gitRefuser)}, idleTimeout(time.Hour)) // so that the idle timeout closes no connection
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	dir := t.TempDir()
	git := func(args ...string) (string, error) {
		c := exec.CommandContext(ctx, "git", args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_SSL_NO_VERIFY=1",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@elbow.test", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@elbow.test")
		out, err := c.CombinedOutput()
		return string(out), err
	}
	noise := make([]byte, 3<<20) // random, so that it cannot be compressed
	_, _ = chooser.Read(noise)
	if err := os.WriteFile(filepath.Join(dir, "noise"), noise, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "noise"}, {"commit", "-q", "-m", "noise"}} {
		if out, err := git(args...); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	for _, v := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(v, func(t *testing.T) {
			for range 3 {
				out, _ := git("-c", "http.version="+v, "push", "https://"+r.lis.Addr().String()+"/repository", "main")
				if !strings.Contains(out, "413") {
					t.Errorf("git says %q, want 413", out)
				}
			}
		})
	}
}

// gitRefuser is a server of an empty repository that refuses what is pushed to it.
func gitRefuser(_ int, p *peer) {
	answer := func(status, kind, body string) {
		p.send("HTTP/1.1 " + status + "\r\nContent-Type: application/x-git-receive-pack-" + kind +
			"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	}
	for {
		req, err := http.ReadRequest(p.r)
		if err != nil {
			return
		}
		switch {
		case req.Method == "GET":
			refs := strings.Repeat("0", 40) + " capabilities^{}\x00report-status delete-refs\n"
			answer("200 OK", "advertisement", fmt.Sprintf("001f# service=git-receive-pack\n0000%04x%s0000", len(refs)+4, refs))
		case req.ContentLength == 4: // git's check for permission
			_, _ = io.Copy(io.Discard, req.Body)
			answer("200 OK", "result", "")
		default:
			answer("413 Content Too Large", "result", "")
			return
		}
	}
}
