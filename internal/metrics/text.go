package metrics

import (
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ContentType is the content type of what Write writes: the text format of
// Prometheus.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// A row is one metric of an instance, with the labels that it has in addition to
// those of the instance.
type row[T any] struct {
	name, help, kind string
	rare             bool
	labels           []label

	count func(*Instance[T]) int64 // nil for a histogram
	times func(*Instance[T]) Times
}

// A label is a label of a row. Its value is fixed, or that of a label of the
// instance.
type label struct {
	name  string
	fixed string // quoted; "" for a label of the instance
	at    int    // index of the instance's label
}

func (s *Set[T]) add(r row[T], name, help string, fixed []string) {
	r.name, r.help = s.prefix+"_"+name, help
	for at, name := range s.labels {
		r.labels = append(r.labels, label{name: name, at: at})
	}
	for pair := range slices.Chunk(fixed, 2) {
		r.labels = append(r.labels, label{name: pair[0], fixed: quote(pair[1])})
	}
	slices.SortFunc(r.labels, func(a, b label) int { return cmp.Compare(a.name, b.name) })
	s.rows = append(s.rows, r)
}

// quote quotes a label value as the format requires.
func quote(value string) string { return `"` + escapes.Replace(value) + `"` }

var escapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// Write writes the metrics of all instances in the text format of Prometheus. It
// buffers only a few lines at a time, however many there are.
//
// Up to full instances are shown one by one with all their rows. If there are
// more, histograms are added up to one without labels of the instances, rows that
// are Rare are left out while they are 0, and the others are aggregated by
// GroupBy.
func (s *Set[T]) Write(w io.Writer, full int) error {
	all := s.all()
	for _, i := range all {
		i.refresh()
	}
	o := text{w: w}
	brief := len(all) > full
	groups, labels := all, len(s.labels)
	var members [][]*Instance[T]
	if brief {
		labels = s.grouped
		groups, members = s.groups(all)
	}
	for n := range s.rows {
		r := &s.rows[n]
		if n == 0 || s.rows[n-1].name != r.name {
			o.head(r.name, r.help, r.kind)
		}
		switch {
		case r.times != nil && brief:
			var sum Times
			for _, i := range all {
				sum = sum.Plus(r.times(i))
			}
			o.histogram(r.name, r.labels, nil, 0, &sum)
		case r.times != nil:
			for _, i := range all {
				times := r.times(i)
				o.histogram(r.name, r.labels, i.quoted, labels, &times)
			}
		default:
			for at, i := range groups {
				count := r.count(i)
				if members != nil {
					for _, other := range members[at][1:] {
						count += r.count(other)
					}
				}
				if count == 0 && brief && r.rare {
					continue
				}
				o.line(r.name, "", r.labels, i.quoted, labels, "").number(count)
			}
		}
	}
	o.flush(0)
	return o.err
}

// groups returns the instances that are aggregated; first has one of each group.
func (s *Set[T]) groups(all []*Instance[T]) (first []*Instance[T], members [][]*Instance[T]) {
	if s.grouped == len(s.labels) {
		return all, nil
	}
	index := make(map[string]int)
	for _, i := range all {
		key := strings.Join(i.values[:s.grouped], "\x00")
		at, there := index[key]
		if !there {
			at = len(first)
			index[key] = at
			first, members = append(first, i), append(members, nil)
		}
		members[at] = append(members[at], i)
	}
	return first, members
}

// A text is the output of Write.
type text struct {
	w   io.Writer
	b   []byte
	err error // of the first write that failed
}

// textBytes is the size of one write, in bytes.
const textBytes = 32 << 10

// flush writes the buffer if it has more than this many bytes.
func (o *text) flush(more int) {
	if len(o.b) > more && o.err == nil {
		_, o.err = o.w.Write(o.b)
	}
	if len(o.b) > more {
		o.b = o.b[:0]
	}
}

func (o *text) head(name, help, kind string) {
	o.b = append(o.b, "# HELP "...)
	o.b = append(o.b, name...)
	o.b = append(o.b, ' ')
	o.b = append(o.b, help...)
	o.b = append(o.b, "\n# TYPE "...)
	o.b = append(o.b, name...)
	o.b = append(o.b, ' ')
	o.b = append(o.b, kind...)
	o.b = append(o.b, '\n')
}

// line begins a line: the name and the labels, of those of the instance the first
// few, and of a bucket its bound.
func (o *text) line(name, suffix string, labels []label, values []string, first int, bound string) *text {
	o.b = append(o.b, name...)
	o.b = append(o.b, suffix...)
	between := byte('{')
	for i := range labels {
		l := &labels[i]
		value := l.fixed
		if value == "" {
			if l.at >= first {
				continue
			}
			value = values[l.at]
		}
		o.b = append(o.b, between)
		o.b = append(o.b, l.name...)
		o.b = append(o.b, '=')
		o.b = append(o.b, value...)
		between = ','
	}
	if bound != "" {
		o.b = append(o.b, between)
		o.b = append(o.b, `le="`...)
		o.b = append(o.b, bound...)
		o.b = append(o.b, '"')
		between = ','
	}
	if between == ',' {
		o.b = append(o.b, '}')
	}
	o.b = append(o.b, ' ')
	return o
}

// number ends a line.
func (o *text) number(n int64) {
	o.b = strconv.AppendInt(o.b, n, 10)
	o.b = append(o.b, '\n')
	o.flush(textBytes)
}

// seconds ends a line with a number of seconds.
func (o *text) seconds(s float64) {
	o.b = strconv.AppendFloat(o.b, s, 'g', -1, 64)
	o.b = append(o.b, '\n')
}

func (o *text) histogram(name string, labels []label, values []string, first int, t *Times) {
	var upTo uint64
	for n, count := range t.counts {
		upTo += count
		o.line(name, "_bucket", labels, values, first, boundNames[n]).number(int64(upTo))
	}
	o.line(name, "_sum", labels, values, first, "").seconds(t.Sum.Seconds())
	o.line(name, "_count", labels, values, first, "").number(int64(upTo))
}

// boundNames are the bounds as shown, in seconds.
var boundNames = func() (names [Buckets]string) {
	for n, bound := range bounds {
		names[n] = strconv.FormatFloat(bound.Seconds(), 'g', -1, 64)
	}
	names[len(bounds)] = "+Inf"
	return names
}()
