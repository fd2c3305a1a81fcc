package stress

import (
	"context"
	"flag"
	"io"
	"net/http"
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
// have 1,000 connections do that at the same time.
var slowModes = []struct {
	name string
	args []string
}{
	{"head", []string{"-H", "-i", "3"}},
	{"body", []string{"-B", "-i", "3", "-s", "8192", "-x", "64", "-t", "POST"}},
	{"range", []string{"-R", "-t", "HEAD", "-a", "10", "-b", "3000"}},
	{"read", []string{"-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"}},
}

// A thousand clients that are slow on purpose cost honest ones beside them no
// error, and no more than twice the time.
func TestSlowClients(t *testing.T) {
	if *slowTool == "" {
		t.Skip("make slow runs it, with slowhttptest")
	}
	n := startNode(t)
	backend := elbtest.NewBackend(t, "a")
	body := make([]byte, 64<<10) // long enough that a slow reader does not get it at once
	backend.Serve(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/honest" {
			_, _ = w.Write(body[:100])
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(body)
	})
	f := elbtest.NewSite(t, n, backend).Listen(t, nil)
	for _, mode := range slowModes {
		t.Run(mode.name, func(t *testing.T) {
			calm := honest(t, f, *slowFor/3)
			ctx, stop := context.WithTimeout(t.Context(), *slowFor+time.Minute)
			defer stop()
			args := append([]string{
				"-c", "1000", "-r", "250", "-l", itoa(int(slowFor.Seconds())), "-p", "3",
				"-u", "https://" + f.HostPort() + "/",
			}, mode.args...)
			attack := exec.CommandContext(ctx, *slowTool, args...)
			if err := attack.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(4 * time.Second) // until all are there
			beside := honest(t, f, *slowFor-5*time.Second)
			all, err := scrape(n)
			if err != nil {
				t.Fatal(err)
			}
			_ = attack.Wait() // it tells of the attack by its exit code, not of an error
			t.Logf("%-5s %4.0f connections: median %v (alone %v), p99 %v (alone %v)", mode.name, all["elbow_connections"],
				beside.median(), calm.median(), beside.p99(), calm.p99())
			if beside.median() > 2*calm.median() {
				t.Errorf("the median is more than twice that of %v without the attack", calm.median())
			}
		})
	}
}

// latencies are sorted.
type latencies []time.Duration

func (l latencies) median() time.Duration { return l[len(l)/2].Round(time.Microsecond) }
func (l latencies) p99() time.Duration    { return l[len(l)*99/100].Round(time.Microsecond) }

// honest has four clients ask on kept connections and one on new ones for a
// while. None of them may fail.
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
