package upstream

import "elbow/internal/http2"

// A headerBlock is an unfinished header block (RFC 9113, 4.3).
type headerBlock struct {
	stream uint32 // 0: none is pending
	ends   bool   // END_STREAM was set
	frames int    // CONTINUATION frames
	long   bool   // the block exceeds max, and buf is truncated
	buf    []byte
}

// errLongBlock ends a stream whose answer has a head, or trailers, far over the
// limit. Other streams on the connection are not affected: blocks do not depend
// on each other, so one may be skipped.
var errLongBlock = &http2.Error{Code: http2.EnhanceYourCalm, OfStream: true, Reason: "header block longer than 128 KiB, or 256 KiB at the end"}

func (b *headerBlock) pending() bool { return b.stream != 0 }

// max bounds the block, in bytes.
func (b *headerBlock) max() int {
	if b.ends {
		return maxLastBlockBytes
	}
	return http2.MaxBlockBytes
}

// add adds a HEADERS or CONTINUATION frame, and returns the header block once it is whole. A
// block in a single frame is not copied.
func (b *headerBlock) add(f *http2.Frame) (of headerBlock, block []byte, whole bool, err error) {
	if f.Type == http2.Continuation {
		return b.continuation(f)
	}
	p, err := f.Unpad()
	if err != nil && err != http2.ErrSelfDependency {
		return of, nil, false, err
	}
	of = headerBlock{stream: f.Stream, ends: f.Has(http2.EndStream), buf: b.buf[:0]}
	if f.Has(http2.EndHeaders) {
		return of, p, true, nil
	}
	of.buf = append(of.buf, p...)
	*b = of
	return of, nil, false, nil
}

// continuation adds a CONTINUATION frame.
func (b *headerBlock) continuation(f *http2.Frame) (of headerBlock, block []byte, whole bool, err error) {
	if !b.pending() {
		return of, nil, false, http2.ErrContinuation
	}
	if b.frames++; b.frames > http2.MaxContinuations {
		return of, nil, false, http2.ErrBlockLength
	}
	if b.long = b.long || len(b.buf)+len(f.Payload) > b.max(); !b.long {
		b.buf = append(b.buf, f.Payload...)
	}
	if !f.Has(http2.EndHeaders) {
		return of, nil, false, nil
	}
	of = *b
	*b = headerBlock{} // rare, so its memory is left to the garbage collector
	return of, of.buf, true, nil
}

// headerList handles a complete block: an interim head, the head or the trailers
// of an answer. The stream's owner finds out which: blocks do not depend on each
// other, because the backend was told to use no dynamic table, so they need not
// be decoded here, nor in order, nor at all.
func (c *h2Conn) headerList(b *headerBlock, block []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.streams.known(b.stream)
	switch {
	case err != nil || s == nil:
		return err
	case s.ended:
		return http2.ErrStreamClosed
	case s.bodied && !b.ends: // trailers are the end (RFC 9113, 8.1)
		return http2.ErrMalformed
	case b.long:
		return errLongBlock
	case !b.ends && (s.came == maxBlocks-1 || len(s.blocks)+len(block) > http2.MaxBlockBytes):
		// Without DATA in between, a head that another head follows was interim.
		// The answer does not depend on these, and its owner does not read them
		// fast enough.
		s.forgetBlocks()
	}
	s.blocks = append(s.blocks, block...)
	s.lengths[s.came] = uint32(len(block))
	s.came++
	s.headed = true
	if b.ends {
		s.remoteEnd()
	}
	c.streams.woken = append(c.streams.woken, s)
	return nil
}
