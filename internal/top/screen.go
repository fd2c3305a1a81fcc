package top

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A Source reads the metrics of a node, as text in the format of Prometheus, and
// the names of its load balancers by id, as far as they are known.
type Source struct {
	Metrics func() (io.ReadCloser, error)
	Names   func() map[string]string
	Address string // where the metrics come from, for display
}

// Interval is the time between two samples.
const Interval = time.Second

// read takes a sample.
func (s Source) read() (*sample, error) {
	r, err := s.Metrics()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return parse(r, time.Now())
}

// Print writes the view once, of one Interval, width characters wide.
func Print(s Source, out io.Writer, width int) error {
	before, err := s.read()
	if err != nil {
		return err
	}
	time.Sleep(Interval)
	now, err := s.read()
	if err != nil {
		return err
	}
	names := s.Names()
	lines := []string{header(width)}
	for _, r := range rows(before, now, byName, true) {
		lines = append(lines, line(r, names, width))
	}
	_, err = io.WriteString(out, strings.Join(lines, "\n")+"\n")
	return err
}

// Run shows the view in the terminal until the user quits.
func Run(s Source) error {
	_, err := tea.NewProgram(&screen{source: s, backends: true, names: map[string]string{}}).Run()
	return err
}

// A screen is the state of the view. It belongs to the program's loop.
type screen struct {
	source Source

	before, now *sample
	names       map[string]string
	err         error // of the last attempt to read; the view shows the previous sample

	order         order
	backends      bool // backends are shown
	paused        bool
	width, height int
	top           int // rows scrolled past
}

// taken is a sample that has arrived.
type taken struct {
	sample *sample
	names  map[string]string // nil: unchanged
	err    error
}

// Init takes the first sample.
func (s *screen) Init() tea.Cmd { return s.take }

func (s *screen) take() tea.Msg {
	now, err := s.source.read()
	if err != nil {
		return taken{err: err}
	}
	return taken{sample: now, names: s.source.Names()}
}

// Update handles a key, a new size or a new sample.
func (s *screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return s, s.press(msg.String())
	case taken:
		if s.err = msg.err; msg.err == nil && !s.paused {
			s.before, s.now, s.names = s.now, msg.sample, msg.names
		}
		return s, tea.Tick(Interval, func(time.Time) tea.Msg { return s.take() })
	}
	return s, nil
}

// press handles a key.
func (s *screen) press(key string) tea.Cmd {
	switch key {
	case "q", "esc", "ctrl+c":
		return tea.Quit
	case "s":
		s.order = (s.order + 1) % orders
	case "b":
		s.backends = !s.backends
	case "p", "space":
		s.paused = !s.paused
	case "up", "k":
		s.top--
	case "down", "j":
		s.top++
	case "pgup":
		s.top -= s.page()
	case "pgdown":
		s.top += s.page()
	case "home", "g":
		s.top = 0
	}
	return nil
}

// page is the number of rows that fit.
func (s *screen) page() int { return max(s.height-4, 1) }

// View draws.
func (s *screen) View() tea.View {
	v := tea.NewView(s.text())
	v.AltScreen = true
	v.WindowTitle = "elbow top"
	return v
}

// Text attributes (ECMA-48, 8.3.117).
const (
	bold    = "\x1b[1m"
	dim     = "\x1b[2m"
	inverse = "\x1b[7m"
	red     = "\x1b[31m"
	plain   = "\x1b[0m"
)

func (s *screen) text() string {
	width := cmp.Or(s.width, 100)
	lines := []string{s.status(), inverse + pad(header(width), width) + plain}
	if s.before == nil {
		lines = append(lines, "", "  waiting for two samples of the metrics …")
		return strings.Join(lines, "\n")
	}
	all := rows(s.before, s.now, s.order, s.backends)
	s.top = max(min(s.top, len(all)-s.page()), 0)
	for _, r := range all[s.top:min(s.top+s.page(), len(all))] {
		lines = append(lines, look(r)+line(r, s.names, width)+plain)
	}
	if len(all) == 0 {
		lines = append(lines, "", "  no listener is open")
	}
	for len(lines) < s.page()+2 {
		lines = append(lines, "")
	}
	lines = append(lines, dim+fmt.Sprintf("s sort: %s   b backends   p pause   ↑↓ scroll   q quit   %d rows", s.order, len(all))+plain)
	return strings.Join(lines, "\n")
}

// look is the text attribute of a row.
func look(r row) string {
	switch {
	case r.depth == 2 && r.unhealthy > 0, r.depth < 2 && r.backends > 0 && r.unhealthy == r.backends:
		return red
	case r.depth == 0:
		return bold
	}
	return ""
}

// status is the top line.
func (s *screen) status() string {
	text := bold + "elbow top" + plain + "  " + s.source.Address
	switch {
	case s.err != nil:
		text += "  " + red + "no answer: " + s.err.Error() + plain
	case s.paused:
		text += "  paused"
	case s.now != nil:
		text += "  " + s.now.at.Format(time.TimeOnly)
	}
	return text
}
