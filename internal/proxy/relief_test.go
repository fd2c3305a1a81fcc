package proxy

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"elbow/internal/buffer"
	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/http3"
	"elbow/internal/leak"
	"elbow/internal/overload"
	"elbow/internal/proxy/h3"
)

// held returns the memory charged for the connections of a rig beyond their basic
// cost.
func (r *rig) held() int64 { return r.proxy.process.Budget.Holds() }

// awaitHeld returns when between from and to bytes are charged.
func (r *rig) awaitHeld(from, to int64) {
	r.t.Helper()
	waitFor(r.t, "so much memory", func() bool { return r.held() >= from && r.held() <= to })
}

// A connection's memory is charged for as long as it is held: unfinished heads,
// complete ones while their requests are in flight, and bodies that the backend does
// not read. (Every test checks that nothing is charged at its end.)
func TestHoldingsAreReckoned(t *testing.T) {
	leak.Check(t)
	stuck := make(chan struct{})
	backend := scripted(t, func(_ int, p *peer) {
		if strings.HasPrefix(p.head(), "GET / ") {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
			return
		}
		<-stuck // the backend neither reads nor answers
	})
	defer close(stuck)
	long := strings.Repeat("x", 24<<10)
	const head = 32 << 10 // the buffer for a head of 24 KiB

	t.Run("HTTP/1.1 unfinished head", func(t *testing.T) {
		r := newRig(t, []string{backend}, withoutHTTP3)
		c := r.dial().send("GET / HTTP/1.1\r\nHost: a\r\nX: " + long)
		r.awaitHeld(overload.ExchangeCost+head, overload.ExchangeCost+head)
		c.send("\r\n\r\n").want(200, "hello")
		r.awaitHeld(0, 0)
	})
	t.Run("HTTP/2 unfinished head", func(t *testing.T) {
		r := newRig(t, []string{backend}, withoutHTTP3)
		c := r.dialFrames()
		block := slices.Clone(c.block("x: " + long))
		c.ok(c.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:16<<10], EndStream: true}))
		c.ok(c.WriteContinuation(1, false, block[16<<10:len(block)-1]))
		r.awaitHeld(int64(len(block))-1, 2*int64(len(block)))
		c.ok(c.WriteContinuation(1, true, block[len(block)-1:]))
		c.wantStatus(1, "200")
		r.awaitHeld(0, 0)
	})
	t.Run("HTTP/2 finished head", func(t *testing.T) {
		r := newRig(t, []string{backend}, withoutHTTP3)
		c := r.dialFrames()
		block := slices.Clone(c.block(":path: /stuck", "x: "+long))
		c.ok(c.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:16<<10], EndStream: true}))
		c.ok(c.WriteContinuation(1, true, block[16<<10:]))
		r.awaitHeld(overload.ExchangeCost+int64(len(long)), overload.ExchangeCost+2*head)
	})
	t.Run("HTTP/2 body", func(t *testing.T) {
		r := newRig(t, []string{backend}, withoutHTTP3)
		// The kernel's buffers hold some MB, then the window bounds the rest.
		const size = 32 << 20
		c := r.dial2().ask("POST /stuck HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n" + strings.Repeat("x", size))
		r.awaitHeld(overload.ExchangeCost+overload.UploadCost+http2.StreamWindow/2, overload.ExchangeCost+overload.UploadCost+http2.StreamWindow+2*http2.MaxFrame)
		c.leave()
		r.awaitHeld(0, 0)
	})
	t.Run("answer that is not taken", func(t *testing.T) {
		for _, v := range []version{http11, http20, http30} {
			r := newRig(t, []string{endless(t)})
			r.holders(v, 2, "/long", false)
			conns := int64(0)
			if v == http30 {
				conns = overload.QUICCost
			}
			r.awaitHeld(conns+2*(overload.ExchangeCost+overload.UploadCost), conns+2*(overload.ExchangeCost+overload.UploadCost))
			waitFor(t, "clients that owe", func() bool {
				owed := 0
				r.lis.conns.each(func(o *exchange.Origin) { owed += o.Memory.Debts() })
				return owed == 2
			})
		}
	})
	t.Run("HTTP/3 connection", func(t *testing.T) {
		r := newRig(t, []string{backend})
		c := r.dialRaw()
		c.ask("/")
		r.awaitHeld(overload.QUICCost, overload.QUICCost)
	})
	t.Run("HTTP/3 unfinished head", func(t *testing.T) {
		r := newRig(t, []string{backend})
		c := r.dialRaw()
		b := headers(pseudo("GET", "/stuck", "x", long)...)
		c.stream(false, b[:len(b)-1])
		r.awaitHeld(overload.QUICCost+overload.ExchangeCost+head, overload.QUICCost+overload.ExchangeCost+head)
	})
	t.Run("HTTP/3 upload", func(t *testing.T) {
		r := newRig(t, []string{backend})
		c := r.dialRaw()
		c.stream(false, headers(pseudo("POST", "/stuck")...), frameData("x"))
		want := int64(overload.QUICCost + overload.ExchangeCost + overload.UploadCost + h3.ConnWindow)
		r.awaitHeld(want, want)
	})
}

// The unfinished heads of an HTTP/3 connection are bounded. Requests beyond the bound
// may be repeated, and the connection continues.
func TestH3UnfinishedHeadsAreBounded(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	c := r.dialRaw()
	const length, room = 30 << 10, 24 << 10                                    // of a head, and the buffer for it beyond 8 KiB
	b := headers(pseudo("GET", "/", "x", strings.Repeat("\x01", length/4))...) // 30 bits each
	var refused atomic.Int32
	var reading sync.WaitGroup
	for range quicStreams - 1 {
		str := c.stream(false)
		_, _ = str.Write(b[:len(b)-1]) // fails if the request was refused
		reading.Add(1)
		go func() { // ends with the stream
			defer reading.Done()
			if _, err := str.Read(make([]byte, 1)); codeOfReset(err) == http3.RequestRejected {
				refused.Add(1)
			}
		}()
	}
	waitFor(t, "a bound", func() bool { return refused.Load() >= quicStreams-1-h3.MaxHeadRoom/room })
	if held, bound := r.held(), int64(overload.QUICCost+quicStreams*(overload.ExchangeCost+buffer.HeadBytes)+h3.MaxHeadRoom); held > bound {
		t.Errorf("%d bytes are held, want no more than %d", held, bound)
	}
	if got := c.ask("/"); got != "hello" {
		t.Errorf("got %q", got)
	}
	_ = c.quic.CloseWithError(0x100, "")
	reading.Wait()
}

// When memory is short, the connection that holds most is closed, over any version of
// HTTP, and all others are served again, including those from the same address.
func TestLargestHolderGivesWay(t *testing.T) { each(t, testLargestHolderGivesWay) }

func testLargestHolderGivesWay(t *testing.T, v version) {
	address, asked, release := holding(t)
	defer close(release)
	r := newRig(t, []string{address}, func(o *Options, _ *Config) { o.Memory = 1 << 40 })
	honest := r.dial().send(get)
	honest.want(200, "hello")
	largest := r.asker(v)
	if v == http30 {
		largest.ask("POST /hold HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 1\r\n\r\n")
	} else {
		largest.ask(hold)
	}
	<-asked
	waitFor(t, "the end of the other exchange", func() bool {
		var busy []*exchange.Origin
		r.lis.conns.each(func(o *exchange.Origin) {
			if f := o.Footprint(); f.Bytes >= overload.ConnCost+overload.ExchangeCost && !f.Idle {
				busy = append(busy, o)
			}
		})
		if len(busy) == 1 {
			busy[0].Memory.Hold(2 * r.proxy.process.Budget.Limit()) // as if it held that much
		}
		return len(busy) == 1
	})
	waitFor(t, "service", func() bool {
		resp, _, _ := honest.send(get).answer("GET")
		return resp.StatusCode == 200
	})
	r.dial().send(get).want(200, "hello")
	r.wantSeries(map[string]float64{"elbow_listener_connections_shed_total{lb=lb-test,listener=443}": 1})
	line := r.log.next(t)
	for line["path"] != "/hold" {
		line = r.log.next(t)
	}
	if line["side"] != "self" || line["err"] != exchange.MemoryShort.Err.Error() {
		t.Errorf("access log has %v", line)
	}
}
