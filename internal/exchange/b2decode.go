package exchange

import (
	"slices"

	"elbow/internal/fieldcode"
	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// parse decodes the header block into x.Resp. Blocks that reach this point are
// independent of each other, so one that cannot be decoded ends only its own stream.
func (b *b2) parse(ended bool) *Fault {
	x := b.x
	b.heard = socket.Now()
	x.Resp.Reset()
	fields, err := b.decode(x.Req.call && ended)
	if err == nil {
		err = http2.Response(&x.Resp, fields, string(x.Req.Method) == "HEAD", ended)
	}
	if err != nil {
		return &Fault{Side: Upstream, Op: OpReceive, Status: 502, Err: err}
	}
	b.left = -1
	switch x.Resp.Framing {
	case http1.NoBody:
		b.left = 0
	case http1.Length:
		b.left = x.Resp.Length
	}
	return nil
}

// decode returns the fields of the block. If the list is too long and contains the
// status of a call, it is truncated instead of rejected: the call was made, and its
// result must reach the client.
func (b *b2) decode(withStatus bool) (fields []fieldcode.Field, err error) {
	d := b.decoder
	d.Whole = withStatus
	b.arena, err = d.Decode(b.arena[:0], b.block)
	d.Whole = false
	switch {
	case err != nil || !d.TooLong:
		return d.Fields, err
	case withStatus:
		return fitFields(d.Fields), nil
	}
	return d.Fields, http1.ErrHeadLength
}

// fitFields truncates a list to http2.MaxListBytes. It keeps the fields that a call
// cannot do without, then the others in order.
func fitFields(fields []fieldcode.Field) []fieldcode.Field {
	room := http2.MaxListBytes
	for i := range fields {
		if neededByCall(&fields[i]) {
			room -= fields[i].Size()
		}
	}
	return slices.DeleteFunc(fields, func(f fieldcode.Field) bool {
		if neededByCall(&f) {
			return room < 0 && string(f.Name) == "grpc-message"
		}
		if f.Size() > room {
			return true
		}
		room -= f.Size()
		return false
	})
}

func neededByCall(f *fieldcode.Field) bool {
	switch string(f.Name) {
	case ":status", "content-type", "grpc-status", "grpc-message":
		return true
	}
	return false
}

// takeTrailers decodes the header block into x.Trailers.
func (b *b2) takeTrailers() error {
	// The strings of the head are no longer needed: it has been forwarded.
	fields, err := b.decode(true)
	if err == nil {
		b.x.Trailers, err = http2.AppendTrailers(b.x.Trailers[:0], fields, true)
	}
	return err
}
