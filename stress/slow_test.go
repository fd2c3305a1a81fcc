package stress

import (
	"context"
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"elbow/internal/elbtest"
)

var (
	slowTool = flag.String("slowhttptest", "", "the command for TestSlowClients; empty: not run")
	slowFor  = flag.Duration("slow", 15*time.Second, "how long each mode of it attacks")
)

// slowModes are the four ways of slowhttptest to be slow, with what it takes to
// have 1,000 connections do that at the same time. Those with ranges are answered at
// once, and over.
var slowModes = []struct {
	name  string
	stays bool // the connections are there as long as the attack
	args  []string
}{
	{"head", true, []string{"-H", "-i", "3"}},
	{"body", true, []string{"-B", "-i", "3", "-s", "8192", "-x", "64", "-t", "POST"}},
	{"range", false, []string{"-R", "-t", "HEAD", "-a", "10", "-b", "3000"}},
	{"read", true, []string{"-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"}},
}

// ramp is how long it takes slowhttptest to have all its connections, with some
// to spare.
const ramp = 5 * time.Second

// judged is how long each part must last to say something of a 99th percentile;
// shorter ones only show that nobody honest fails.
const judged = 10 * time.Second

// A thousand clients that are slow on purpose cost honest ones beside them no
// error, and no more than twice the time. The program has one core; they, the
// backend and the attacker share the other. What the attacker takes of that is
// not the program's doing, so the honest are compared with themselves while the
// same attack goes to the backend, by TLS as well and past the program.
func TestSlowClients(t *testing.T) {
	if *slowTool == "" {
		t.Skip("make slow runs it, with slowhttptest")
	}
	t.Setenv("GOMAXPROCS", "1")
	n := startNode(t)
	pin(t, n)
	body := make([]byte, 64<<10) // long enough that a slow reader does not get it at once
	serve := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/honest" {
			_, _ = w.Write(body[:100])
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(body)
	}
	backend := elbtest.NewBackend(t, "a")
	backend.Serve(serve)
	other := httptest.NewUnstartedServer(http.HandlerFunc(serve))
	other.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that the attacker broke off
	other.StartTLS()
	t.Cleanup(func() {
		other.CloseClientConnections()
		other.Close()
	})
	f := elbtest.NewSite(t, n, backend).Listen(t, nil)
	for _, mode := range slowModes {
		t.Run(mode.name, func(t *testing.T) {
			alone := honest(t, f, *slowFor/2)
			var past, beside latencies
			attack(t, other.URL+"/", mode.args, func() { past = honest(t, f, *slowFor) })
			var connections float64
			attack(t, "https://"+f.HostPort()+"/", mode.args, func() {
				all, err := scrape(n)
				if err != nil {
					t.Fatal(err)
				}
				connections = all["elbow_connections"]
				beside = honest(t, f, *slowFor)
			})
			if mode.stays && connections < 100 {
				t.Errorf("only %.0f connections: that was no attack", connections)
			}
			t.Logf("%-5s %.0f connections, median %v (%.2f of %v; alone %v), p99 %v (%.2f of %v; alone %v), %d answers", mode.name, connections,
				beside.median(), beside.median().Seconds()/past.median().Seconds(), past.median(), alone.median(),
				beside.p99(), beside.p99().Seconds()/past.p99().Seconds(), past.p99(), alone.p99(), len(beside))
			if *slowFor < judged {
				return
			}
			if beside.median() > 2*past.median() || beside.p99() > 2*past.p99() {
				t.Errorf("more than twice the time of honest clients without that attack")
			}
		})
	}
}

// attack has slowhttptest attack url while work lasts.
func attack(t *testing.T, url string, args []string, work func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	args = append([]string{"-c", "1000", "-r", "250", "-l", itoa(int((ramp + *slowFor).Seconds()) + 5), "-p", "3", "-u", url}, args...)
	tool := exec.CommandContext(ctx, *slowTool, args...)
	if err := tool.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(ramp)
	work()
	stop()
	_ = tool.Wait() // it was killed
}

// latencies are sorted in ascending order.
type latencies []time.Duration

func (l latencies) median() time.Duration { return l[len(l)/2].Round(time.Microsecond) }
func (l latencies) p99() time.Duration    { return l[len(l)*99/100].Round(time.Microsecond) }

// honest has four clients send requests on persistent connections and one on new ones.
// None of them may fail.
func honest(t *testing.T, f *elbtest.Front, d time.Duration) latencies {
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		all latencies
		end = time.Now().Add(d)
	)
	for i := range 5 {
		wg.Go(func() {
			c, leave := client(versions[i%2], f)
			for time.Now().Before(end) {
				start := time.Now()
				res, err := c.Get(f.URL("/honest"))
				if err != nil {
					t.Errorf("an honest client: %v", err)
					return
				}
				text, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err != nil || res.StatusCode != 200 || len(text) != 100 {
					t.Errorf("an honest client: %d, %d bytes, %v", res.StatusCode, len(text), err)
					return
				}
				took := time.Since(start)
				if i == 4 {
					leave() // the next one is on a connection of its own
				} else {
					mu.Lock()
					all = append(all, took)
					mu.Unlock()
				}
				time.Sleep(10 * time.Millisecond)
			}
			leave()
		})
	}
	wg.Wait()
	if len(all) == 0 {
		t.Fatal("no honest client was answered")
	}
	slices.Sort(all)
	return all
}
